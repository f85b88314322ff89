import * as prom from 'prom-client';

type LabelValues = Readonly<Record<string, string | number>>;
type Labels<L extends string> = [L] extends [never] ? [] : [labels: Readonly<Record<L, string | number>>];

/** Only ever grows: how many. */
export interface Counter<L extends string = never> {
  add(value: number, ...labels: Labels<L>): void;
}
/** Goes up and down: how many now. */
export interface Gauge<L extends string = never> {
  set(value: number, ...labels: Labels<L>): void;
}
/** A distribution: how long, how large. */
export interface Histogram<L extends string = never> {
  record(value: number, ...labels: Labels<L>): void;
}

interface Instrument<L extends string> {
  readonly about: string;
  readonly labels?: readonly L[];
  /** `s`, `By` or `1`, as OpenTelemetry writes units; becomes part of the Prometheus name. */
  readonly unit?: 's' | 'By' | '1';
}

/**
 * Instruments under their OpenTelemetry names. A name asked for twice is the same instrument.
 * No label may tell tenants apart: that would make a series per customer, and show customers to whoever reads metrics.
 */
export interface Metrics {
  counter<const L extends string = never>(name: string, options: Instrument<L>): Counter<L>;
  gauge<const L extends string = never>(name: string, options: Instrument<L> & { observe?: () => number }): Gauge<L>;
  /** A counter that somebody else keeps: read when it is asked for, so that counting costs the hot path nothing. */
  sums<const L extends string>(
    name: string,
    options: Instrument<L> & {
      read: () => readonly (readonly [labels: Readonly<Record<L, string | number>>, value: number])[];
    },
  ): void;
  histogram<const L extends string = never>(
    name: string,
    options: Instrument<L> & { buckets?: readonly number[] },
  ): Histogram<L>;
  /** The whole registry in the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BYTES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];
const SUFFIX = { s: '_seconds', By: '_bytes', '1': '' } as const;

const promName = (name: string, unit: 's' | 'By' | '1' = '1', end = ''): string =>
  name.replaceAll('.', '_') + SUFFIX[unit] + end;

function checkLabels(name: string, labels: readonly string[]): string[] {
  const tenant = labels.find((label) => /tenant|organi[sz]ation|customer/i.test(label));
  if (tenant) throw new Error(`Metric ${name} has the label ${tenant}: no label may tell tenants apart.`);
  return labels.map((label) => label.replaceAll('.', '_'));
}

/** `process: false` leaves out memory, CPU and event-loop figures of this process, for tests. */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new prom.Registry();
  if (options.process ?? true) prom.collectDefaultMetrics({ register: registry });
  const made = new Map<string, unknown>();

  // The map gives back what was put under this very name by the same function; names end differently per kind.
  function once<T>(name: string, make: (name: string) => T): T {
    const known = made.get(name) as T | undefined;
    if (known) return known;
    const instrument = make(name);
    made.set(name, instrument);
    return instrument;
  }

  return {
    counter: (name, { about, labels = [], unit }) =>
      once(promName(name, unit, '_total'), (full) => {
        const rename = labelNames(labels);
        const counter = new prom.Counter({
          name: full,
          help: about,
          labelNames: checkLabels(name, labels),
          registers: [registry],
        });
        return { add: (value, at?: LabelValues) => counter.inc(rename(at), value) };
      }),
    gauge: (name, { about, labels = [], unit, observe }) =>
      once(promName(name, unit), (full) => {
        const rename = labelNames(labels);
        const gauge: prom.Gauge = new prom.Gauge({
          name: full,
          help: about,
          labelNames: checkLabels(name, labels),
          registers: [registry],
          ...(observe && { collect: () => gauge.set(observe()) }),
        });
        return { set: (value, at?: LabelValues) => gauge.set(rename(at), value) };
      }),
    sums: (name, { about, labels = [], unit, read }) =>
      once(promName(name, unit, '_total'), (full) => {
        const rename = labelNames(labels);
        const counter: prom.Counter = new prom.Counter({
          name: full,
          help: about,
          labelNames: checkLabels(name, labels),
          registers: [registry],
          collect() {
            counter.reset();
            for (const [at, value] of read()) counter.inc(rename(at), value);
          },
        });
      }),
    histogram: (name, { about, labels = [], unit = 's', buckets }) =>
      once(promName(name, unit), (full) => {
        const rename = labelNames(labels);
        const histogram = new prom.Histogram({
          name: full,
          help: about,
          labelNames: checkLabels(name, labels),
          buckets: [...(buckets ?? (unit === 'By' ? BYTES : SECONDS))],
          registers: [registry],
        });
        return { record: (value, at?: LabelValues) => histogram.observe(rename(at), value) };
      }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Renames labels as Prometheus writes them; the names are worked out once per instrument. */
function labelNames(labels: readonly string[]): (values?: LabelValues) => Record<string, string | number> {
  const names = labels.map((label) => [label, label.replaceAll('.', '_')] as const);
  return (values = {}) => {
    const renamed: Record<string, string | number> = {};
    for (const [label, name] of names) renamed[name] = values[label] ?? '';
    return renamed;
  };
}
