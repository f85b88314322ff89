/** What is counted, and how hours are put together: amounts add up, levels are the highest that was seen. */
export interface MeterDefinition {
  readonly unit: string;
  readonly description: string;
  readonly kind: 'sum' | 'level';
  /** Written in the transaction that it belongs to: nothing is lost, not even when the power fails. */
  readonly exact?: boolean;
}

/** What core counts by itself. */
export const CORE_METERS = {
  'api.calls': { unit: 'calls', kind: 'sum', description: 'Requests that were answered for the tenant.' },
  'egress.bytes': { unit: 'bytes', kind: 'sum', description: 'Bytes of answers, as far as their length was known.' },
  'events.ingested': { unit: 'events', kind: 'sum', description: 'Hits and other rows that landed and were new.' },
  'jobs.run': { unit: 'runs', kind: 'sum', description: 'Attempts of jobs, by plugin.' },
  'jobs.ms': { unit: 'ms', kind: 'sum', description: 'How long they took, by plugin.' },
  'plugin.calls': { unit: 'calls', kind: 'sum', description: 'Calls into plugins, by plugin.' },
  'plugin.ms': { unit: 'ms', kind: 'sum', description: 'How long they took, waiting included, by plugin.' },
  'plugin.cpu_ms': { unit: 'ms', kind: 'sum', description: 'CPU of computations and isolated plugins, by plugin.' },
  'storage.bytes': { unit: 'bytes', kind: 'level', description: 'Bytes of files that are kept.' },
} as const satisfies Readonly<Record<string, MeterDefinition>>;

export type CoreMeter = keyof typeof CORE_METERS;

/** A meter as it may be shown. */
export interface MeterInfo extends MeterDefinition {
  readonly name: string;
}

/** The name of a plugin's meter. */
export const meterName = (plugin: string, meter: string): string => `${plugin}/${meter}`;
