import { collection, definePlugin, event, method, service } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

const base = { version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0' } as const;
const Ended = z.object({ id: z.string(), micros: z.bigint(), note: z.string() });
/** The newest of three majors; two upcasters lead to it. */
const ended = event('old.ended@3', Ended, {
  upcast: {
    1: (old) => ({ id: z.object({ name: z.string() }).parse(old).name }),
    2: (old) => ({ ...z.object({ id: z.string() }).parse(old), micros: 0n, note: 'from 2' }),
  },
});
const secret = event('old.secret@1', z.object({ id: z.string() }), { permission: 'payroll:read' });
const counts = service('old.counts@1', {
  list: method(z.object({}), z.object({ rows: z.array(z.object({ id: z.string(), how: z.string() })) })),
});
const Row = z.object({ id: z.string(), how: z.string() });
const PLUGIN = 'test.reader';

const reader = definePlugin(
  {
    ...base,
    id: PLUGIN,
    capabilities: ['data:collections'],
    consumes: [ended, secret],
    emits: [secret],
    provides: [counts],
    collections: { rows: collection(Row, { privacy: 'none' }) },
  },
  ({ on, onBatch, provide }) => {
    on(ended, async (payload, ctx, { type, replay, attempt }) => {
      const how = `${type} ${payload.micros} ${payload.note} ${replay ? 'again' : 'new'} ${attempt}`;
      await ctx.collections.rows.insert({ id: payload.id, how });
    });
    onBatch(ended, async (items, ctx) => {
      for (const { payload, envelope } of items)
        await ctx.collections.rows.insert({ id: payload.id, how: `batch ${envelope.replay ? 'again' : 'new'}` });
    });
    on(secret, () => undefined, { replay: 'refuse' });
    provide(counts, {
      async list(_, ctx) {
        const { items } = await ctx.collections.rows.find({ limit: 100 });
        return { rows: items.map(({ value }) => value) };
      },
    });
  },
);

describe('a plugin whose events are brought once more', () => {
  let host: TestHost;
  let tenant: string;
  beforeAll(async () => {
    host = await createTestHost({ plugins: [reader], jobs: false });
  });
  afterAll(() => host.stop());
  beforeEach(async () => {
    tenant = await host.tenant();
  });

  const rows = async (): Promise<string[]> => {
    const found = await host.call([counts.id, 'list'], {}, { tenant });
    // As the contract says.
    return (found as { rows: { id: string; how: string }[] }).rows.map(({ id, how }) => `${id}: ${how}`);
  };
  test('reads every major by its newest schema, the first time and again, and knows which it is', async () => {
    await host.emit('old.ended@1', { name: 'a' }, { tenant });
    await host.emit('old.ended@2', { id: 'b' }, { tenant });
    await host.emit(ended, { id: 'c', micros: 7n, note: 'x' }, { tenant });
    await host.drain();
    const first = (await rows()).filter((row) => !row.includes('batch')).toSorted();
    expect(first).toEqual([
      'a: old.ended@1 0 from 2 new 1',
      'b: old.ended@2 0 from 2 new 1',
      'c: old.ended@3 7 x new 1',
    ]);
    for (const subscriber of [`${PLUGIN}/old.ended@3`, `${PLUGIN}/old.ended@3/batch`]) {
      const { id } = await host.rooms.events.replays.start(tenant, { subscriber, actor: 'user:test' });
      await host.drain();
      expect(await host.rooms.events.replays.get(tenant, id)).toMatchObject({ state: 'done', handled: 3, total: 3 });
    }
    const all = await rows();
    expect(all.filter((row) => row.includes('again')).toSorted()).toEqual([
      'a: batch again',
      'a: old.ended@1 0 from 2 again 1',
      'b: batch again',
      'b: old.ended@2 0 from 2 again 1',
      'c: batch again',
      'c: old.ended@3 7 x again 1',
    ]);
    expect(all.length).toBe(12);
  });

  test('may refuse, and says who may see its events', async () => {
    await host.emit(secret, { id: 's' }, { tenant });
    await host.drain();
    const asking = host.rooms.events.replays.start(tenant, {
      subscriber: `${PLUGIN}/old.secret@1`,
      actor: 'user:test',
    });
    await expect(asking).rejects.toMatchObject({ code: 'events.replay_refused', kind: 'conflict' });
    expect(host.plugins.permissionOfEvent('old.secret@1')).toBe('payroll:read');
    expect(host.plugins.permissionOfEvent('old.ended@3')).toBeUndefined();
  });
});
