import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { requestJob } from './index.ts';
import { effectsOf, writeEffect } from './testing/effects.ts';
import { createTestNodes, type TestNodes } from './testing/nodes.ts';

const HOUR = 3600_000;
const program = inject('programs').redis;

describe.each(['postgres', ...(program ? ['redis'] : [])])('a clock that was ahead, jobs on %s', (kind) => {
  let nodes: TestNodes;
  let tenant: string;

  beforeAll(async () => {
    nodes = await createTestNodes(inject('postgres'), kind === 'redis' ? program : undefined);
    tenant = await nodes.database.newTenant();
  });
  afterAll(() => nodes.close());

  it('its jobs run when it has been set back, and delays stay as long as they were', async () => {
    const { database } = nodes;
    const request = (name: string, delayMs: number): Promise<string> =>
      database.withTenant({ tenant }, (tx) => requestJob(tx, { name, data: {}, delayMs }, Date.now() + HOUR));
    const run = (_: unknown, context: Parameters<typeof writeEffect>[1]): Promise<void> =>
      writeEffect(database, context);
    const now = await request('test/now', 0);
    const later = await request('test/later', 2 * HOUR);
    const node = await nodes.open({}, async (jobs) => {
      await jobs.define({ name: 'test/now', run });
      await jobs.define({ name: 'test/later', run });
    });
    await node.bus.drain();
    expect(await effectsOf(database, tenant)).toEqual([]);
    await node.jobs.recover();
    await expect.poll(() => effectsOf(database, tenant), { timeout: 10_000 }).toEqual([now]);
    const waiting = await node.jobs.get(tenant, later);
    expect((waiting?.runAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(2 * HOUR - 60_000);
    expect((waiting?.runAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(2 * HOUR);
  });

  it('its crons fire again', async () => {
    const node = await nodes.open();
    let fired = 0;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR });
    try {
      await node.jobs.defineSystem({ name: 'core/tick', cron: '* * * * * *', run: async () => void fired++ });
    } finally {
      vi.useRealTimers();
    }
    await sleep(1500);
    expect(fired).toBe(0);
    await node.jobs.recover();
    await expect.poll(() => fired, { timeout: 10_000 }).toBeGreaterThan(1);
  });
});
