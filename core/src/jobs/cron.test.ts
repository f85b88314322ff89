import { describe, expect, it } from 'vitest';
import { dueTime } from './cron.ts';
import { backoff } from './backoff.ts';
import { createDefinitions, pluginOf, type JobDefinition } from './definition.ts';

const job = (name: string, options: Partial<JobDefinition> = {}): JobDefinition => ({
  ...options,
  name,
  run: async () => undefined,
});

describe('dueTime', () => {
  const queued = { name: 'p/j', data: {} };

  it('is the moment in the id of a scheduled job, however late it runs', () => {
    expect(dueTime({ ...queued, id: 'repeat:cron p/j:1764014400000', timestamp: 5, delay: 7 })).toBe(1_764_014_400_000);
  });

  it('falls back to when the job was to run', () => {
    expect(dueTime({ ...queued, id: 'something', timestamp: 1000, delay: 500 })).toBe(1500);
  });
});

describe('definitions', () => {
  it('know who owns a job, and refuse a name twice', () => {
    const definitions = createDefinitions();
    definitions.define(job('podlift.tracking/roll-up', { cron: '5 * * * *' }));
    definitions.defineSystem({ name: 'core/retention', cron: '0 3 * * *', run: async () => undefined });
    definitions.define(job('podlift.tracking/import'));
    expect(() => definitions.define(job('core/retention'))).toThrow('The job "core/retention" is defined already.');
    expect(pluginOf('podlift.tracking/roll-up')).toBe('podlift.tracking');
    expect(definitions.scheduled().map(({ name }) => name)).toEqual(['podlift.tracking/roll-up', 'core/retention']);
    definitions.remove('core/retention');
    expect(definitions.getSystem('core/retention')).toBeUndefined();
  });

  it('pause longer after each failure, at most an hour', () => {
    expect([1, 2, 3, 40].map((failures) => backoff({}, failures, 0))).toEqual([2000, 4000, 8000, 3_600_000]);
  });
});
