/** Calls into an inline plugin and what the walker costs, beside structuredClone and a bare await of the same parsing. */
import { z } from 'zod';
import { definePlugin, f64, i32, method, service } from '../../index.ts';
import { carry, createKernel, directLink, target, type CallHeader } from '../index.ts';

const Input = z.object({ n: z.number(), d: z.number().default(5) });
const Output = z.object({ n: z.number() });
const Journeys = z.object({ offsets: i32(), ages: f64() });
const probe = service('bench.probe@1', {
  parsed: method(Input, Output),
  credit: method(Journeys, z.object({ credit: f64() })),
});
function credit(ages: ArrayLike<number>): Float64Array {
  const credits = new Float64Array(ages.length);
  for (let i = 0; i < credits.length; i++) credits[i] = 2 ** (-(ages[i] ?? 0) / 7);
  return credits;
}
const plugin = definePlugin(
  { id: 'bench.probe', version: '1.0.0', sdk: '^0.1', license: 'MIT', provides: [probe] },
  ({ provide }) => {
    provide(probe, {
      parsed: ({ n, d }) => ({ n: n + d }),
      credit: ({ ages }) => ({ credit: credit(ages) }),
    });
  },
);
const host = directLink(() => Promise.resolve(undefined), { strict: false });
const link = directLink(createKernel(plugin, host).handle, { strict: false });
const call: CallHeader = {
  cap: 1,
  tenant: '0190b0c0-0000-7000-8000-000000000001',
  actor: { kind: 'user', id: 'ann' },
  trace: 'trace',
  deadline: 2e12,
  now: 0,
  settings: { version: 1, value: {} },
  optional: [],
};
const invoke = (name: string, input: unknown) =>
  link.call('invoke', { target: target.service(probe.id, name), input, call });

/** The median and the 99th percentile in microseconds. */
async function latency(run: () => unknown, times = 30_000): Promise<{ p50: number; p99: number }> {
  for (let i = 0; i < times / 5; i++) await run();
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await run();
    taken.push((performance.now() - began) * 1000);
  }
  taken.sort((a, b) => a - b);
  return { p50: taken[times >> 1] ?? 0, p99: taken[Math.floor(times * 0.99)] ?? 0 };
}

/** The mean of one run in nanoseconds. */
function mean(run: () => unknown, times: number): number {
  for (let i = 0; i < times; i++) run();
  const began = performance.now();
  for (let i = 0; i < times; i++) run();
  return ((performance.now() - began) / times) * 1e6;
}

const row = (label: string, value: string, beside = ''): void =>
  console.log(`${label.padEnd(44)}${value.padStart(22)}  ${beside}`);
const us = ({ p50, p99 }: { p50: number; p99: number }): string => `${p50.toFixed(1)} / ${p99.toFixed(1)} µs`;

const bare = await latency(async () => Output.parse({ n: Input.parse({ n: 1 }).n + 5 }));
const through = await latency(async () => Output.parse(await invoke('parsed', { n: 1 })));
row('the same parsing, awaited (p50 / p99)', us(bare));
row('kernel call, parsed at both ends', us(through), `${(through.p50 / bare.p50).toFixed(1)}x   goal: p50 <= 6 µs`);

const small = { id: 'e1', channel: 'podcast', value: 1, at: 2, ok: true, touches: [1, 2, 3] };
const carried = mean(() => carry(small, { copyColumns: false }), 500_000);
const cloned = mean(() => structuredClone(small), 200_000);
row(
  'carry an object of 6 fields',
  `${carried.toFixed(0)} ns`,
  `${(cloned / carried).toFixed(1)}x faster than structuredClone`,
);

const journeys = {
  offsets: Int32Array.from({ length: 1_000_001 }, (_, i) => i * 4),
  ages: new Float64Array(4_000_000).fill(3),
};
const clock = async (run: () => unknown): Promise<number> => {
  const began = performance.now();
  await run();
  return performance.now() - began;
};
/** The fastest of some runs, taken in turn, in milliseconds: what the machine can do, without what else it does. */
let own = Infinity;
let called = Infinity;
for (let i = 0; i < 15; i++) {
  own = Math.min(own, await clock(() => credit(journeys.ages)));
  called = Math.min(called, await clock(() => invoke('credit', journeys)));
}
const megabytes = (journeys.offsets.byteLength + 2 * journeys.ages.byteLength) / 1e6;
row(
  `1M journeys as columns (${megabytes.toFixed(0)} MB), added`,
  `${(called - own).toFixed(2)} ms`,
  `beside ${own.toFixed(0)} ms of the model   goal: <= 5 ms`,
);
