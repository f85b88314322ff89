import { randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import {
  createQuotaLeases,
  createQuotas,
  createSealer,
  createSecrets,
  createSettings,
  migrations,
  type PlanLimits,
  type Settings,
} from './index.ts';

let database: TestDatabase;
let settings: Settings;
let tenant: string;
let other: string;
let now = Date.UTC(2026, 10, 24, 23, 59, 30);
const clock = { now: () => now };
const changes: unknown[] = [];

const schema = z.strictObject({
  halfLife: z.number().min(1).default(7),
  model: z.enum(['linear', 'shapley']).default('linear'),
});

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations });
  settings = createSettings({ database, clock, onChange: async (_tx, change) => void changes.push(change) });
  settings.register('acme.decay', schema);
  [tenant, other] = [await database.newTenant(), await database.newTenant()];
});
afterAll(() => database.close());

describe('settings', () => {
  test('are their defaults until somebody saves them', async () => {
    expect(await settings.get(tenant, 'acme.decay')).toEqual({ value: { halfLife: 7, model: 'linear' }, version: 0 });
  });

  test('keep their history, and tell who changed them', async () => {
    await settings.set(tenant, 'acme.decay', { halfLife: 3 }, { by: 'user:1' });
    await settings.set(tenant, 'acme.decay', { halfLife: 4 }, { by: 'user:2', expected: 1 });
    expect(await settings.get(tenant, 'acme.decay')).toEqual({ value: { halfLife: 4, model: 'linear' }, version: 2 });
    expect(await settings.history(tenant, 'acme.decay')).toMatchObject([
      { version: 2, value: { halfLife: 4 }, changedBy: 'user:2' },
      { version: 1, value: { halfLife: 3 }, changedBy: 'user:1' },
    ]);
    expect(changes.at(-1)).toEqual({ tenant, owner: 'acme.decay', version: 2, by: 'user:2' });
  });

  test('of one tenant are not those of another', async () => {
    expect((await settings.get(other, 'acme.decay')).version).toBe(0);
    expect(await settings.history(other, 'acme.decay')).toEqual([]);
  });

  test('name every field that is wrong, and change nothing', async () => {
    const before = await settings.get(tenant, 'acme.decay');
    await expect(
      settings.set(tenant, 'acme.decay', { halfLife: 0, model: 'x', y: 1 }, { by: 'u' }),
    ).rejects.toMatchObject({
      code: 'settings.invalid',
      details: expect.arrayContaining([
        expect.objectContaining({ path: ['halfLife'] }),
        expect.objectContaining({ path: ['model'] }),
        expect.objectContaining({ path: ['y'] }),
      ]),
    });
    await expect(settings.set(tenant, 'acme.decay', [], { by: 'u' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(settings.set(tenant, 'nobody', {}, { by: 'u' })).rejects.toMatchObject({ kind: 'missing' });
    expect(await settings.get(tenant, 'acme.decay')).toEqual(before);
  });

  test('are not overwritten by somebody who saw an older version', async () => {
    await expect(settings.set(tenant, 'acme.decay', {}, { by: 'u', expected: 1 })).rejects.toMatchObject({
      code: 'settings.changed',
      details: { expected: 1, actual: 2 },
    });
  });

  test('are saved by one of two who saw the same version', async () => {
    for (const [owner, expected] of [
      ['first', 0],
      ['acme.decay', 2],
    ] as const) {
      settings.register(owner, schema);
      const tries = [5, 6, 7, 8].map((halfLife) => settings.set(tenant, owner, { halfLife }, { by: 'u', expected }));
      const done = await Promise.allSettled(tries);
      expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await settings.get(tenant, owner)).version).toBe(expected + 1);
    }
  });

  test('go back to what they were, as a new version, when that is still allowed', async () => {
    const by = 'user:3';
    settings.register('acme.back', schema);
    await settings.set(tenant, 'acme.back', { halfLife: 3 }, { by });
    await settings.set(tenant, 'acme.back', { halfLife: 9 }, { by });
    const seen: number[] = [];
    const back = await settings.restore(tenant, 'acme.back', 1, {
      by,
      expected: 2,
      within: async (_tx, { version }) => void seen.push(version),
    });
    expect([back.version, back.value['halfLife'], seen]).toEqual([3, 3, [3]]);
    await expect(settings.restore(tenant, 'acme.back', 1, { by, expected: 2 })).rejects.toMatchObject({
      code: 'settings.changed',
    });
    await expect(settings.restore(tenant, 'acme.back', 9, { by })).rejects.toMatchObject({ kind: 'missing' });
    await expect(settings.restore(other, 'acme.back', 1, { by })).rejects.toMatchObject({ kind: 'missing' });
    settings.register('acme.back', schema.extend({ halfLife: z.number().min(5).default(7) }));
    await expect(settings.restore(tenant, 'acme.back', 1, { by })).rejects.toMatchObject({
      code: 'settings.invalid',
      details: [{ path: ['halfLife'] }],
    });
    expect(await settings.history(tenant, 'acme.back', 1, 3)).toMatchObject([{ version: 2 }]);
  });

  test('are not kept when what belongs to the change fails', async () => {
    const { version } = await settings.get(tenant, 'acme.decay');
    const failing = settings.set(
      tenant,
      'acme.decay',
      { halfLife: 77 },
      {
        by: 'u',
        within: () => Promise.reject(new Error('no audit')),
      },
    );
    await expect(failing).rejects.toThrow('no audit');
    expect((await settings.get(tenant, 'acme.decay')).version).toBe(version);
  });

  test('may be described by a JSON schema, as plugin.json does', async () => {
    settings.register('acme.json', z.toJSONSchema(schema));
    expect((await settings.get(tenant, 'acme.json')).value).toEqual({ halfLife: 7, model: 'linear' });
    await expect(settings.set(tenant, 'acme.json', { model: 'x' }, { by: 'u' })).rejects.toMatchObject({
      details: [{ path: ['model'], message: expect.any(String) }],
    });
    // A schema that says nothing of further fields is no leave to misspell one.
    const open = { type: 'object', properties: { halfLife: { type: 'number', default: 7 } } };
    settings.register('acme.open', open);
    await expect(settings.set(tenant, 'acme.open', { halflife: 3 }, { by: 'u' })).rejects.toMatchObject({
      details: [{ path: ['halflife'] }],
    });
    await settings.set(tenant, 'acme.open', { halfLife: 3 }, { by: 'u' });
    // The next version of the plugin has another field in its place.
    settings.register('acme.open', { type: 'object', properties: { days: { type: 'number', default: 1 } } });
    expect((await settings.get(tenant, 'acme.open')).value).toEqual({ days: 1 });
  });
});

describe('secrets', () => {
  const master = randomBytes(32);
  const open = (...keys: Uint8Array[]) =>
    createSecrets({ database, clock, sealer: createSealer([keys[0] ?? master, ...keys.slice(1)]) });

  test('are kept sealed, and listed without what they are', async () => {
    await open().put(tenant, 'acme.ads', 'token', 'hunter2 hunter2', 'user:1');
    expect(await open().get(tenant, 'acme.ads', 'token')).toBe('hunter2 hunter2');
    expect(await open().list(tenant)).toEqual([
      { owner: 'acme.ads', name: 'token', updatedAt: expect.any(Date), updatedBy: 'user:1' },
    ]);
    const rows = await database.admin('select to_jsonb(s) as row from core.secret s');
    expect(JSON.stringify(rows)).not.toContain('hunter2');
  });

  test('do not open in another tenant, under another name, or changed', async () => {
    await database.admin(
      `insert into core.secret select $2, owner, name, sealed, updated_at, updated_by from core.secret where tenant_id = $1`,
      [tenant, other],
    );
    await expect(open().get(other, 'acme.ads', 'token')).rejects.toMatchObject({
      code: 'secrets.unreadable',
      kind: 'unavailable',
    });
    await database.admin(`update core.secret set name = 'moved' where tenant_id = $1`, [other]);
    await expect(open().get(other, 'acme.ads', 'moved')).rejects.toMatchObject({ code: 'secrets.unreadable' });
    await database.admin(
      `update core.secret set sealed = overlay(sealed placing 'A' from length(sealed) - 3), tenant_id = $1 where tenant_id = $2`,
      [tenant, other],
    );
    await expect(open().get(tenant, 'acme.ads', 'moved')).rejects.toMatchObject({ code: 'secrets.unreadable' });
    await open().delete(tenant, 'acme.ads', 'moved');
    expect(await open().get(tenant, 'acme.ads', 'moved')).toBeUndefined();
  });

  test('are those that a plugin declares, and not without end', async () => {
    const secrets = open();
    secrets.declare('acme.ads', ['token', 'other']);
    expect(secrets.declared('acme.ads', 'token')).toEqual(['token', 'other']);
    expect(() => secrets.declared('acme.ads', 'third')).toThrow(/has no secret "third"; it has token, other/);
    expect(() => secrets.declared('nobody')).toThrow(/Nobody called "nobody"/);
    await database.admin(
      `insert into core.secret select $1, 'acme.many', 's' || n, 'x', now(), 'test' from generate_series(1, 999) n`,
      [other],
    );
    await secrets.put(other, 'acme.ads', 'token', 'v', 'u');
    await secrets.put(other, 'acme.ads', 'token', 'v2', 'u');
    await expect(secrets.put(other, 'acme.ads', 'other', 'v', 'u')).rejects.toMatchObject({ code: 'secrets.too_many' });
    await database.admin(`delete from core.secret where tenant_id = $1`, [other]);
  });

  test('stay readable while the master key is exchanged, and need the old one no more after it', async () => {
    const newer = randomBytes(32);
    const both = open(newer, master);
    expect(await both.get(tenant, 'acme.ads', 'token')).toBe('hunter2 hunter2');
    expect(await both.reseal(tenant)).toBe(1);
    expect(await both.reseal(tenant)).toBe(0);
    expect(await open(newer).get(tenant, 'acme.ads', 'token')).toBe('hunter2 hunter2');
    await expect(open(master).get(tenant, 'acme.ads', 'token')).rejects.toMatchObject({ code: 'secrets.unreadable' });
  });
});

describe('quotas', () => {
  const limits: PlanLimits = {
    seats: { limit: 20, per: 'total' },
    hits: { limit: 100, per: 'month' },
    calls: { limit: 3, per: 'day' },
  };
  const quotasOf = () => createQuotas({ database, clock, limitsOf: async () => limits });
  const take = (name: string, amount?: number, of = tenant) =>
    database.withTenant({ tenant: of }, (tx) => quotasOf().take(tx, of, name, amount));

  test('are exact when fifty take at once', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => take('seats')));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    const [refused] = tries.filter((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      code: 'quotas.plan_limit',
      kind: 'payment',
      details: { limit: 20, used: 20 },
    });
    expect((await quotasOf().usage(tenant)).find(({ name }) => name === 'seats')).toMatchObject({
      used: 20,
      limit: 20,
    });
  });

  test('are given back by a rollback, and by hand', async () => {
    const failing = database.withTenant({ tenant: other }, async (tx) => {
      await quotasOf().take(tx, other, 'seats', 20);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await take('seats', 20, other);
    await expect(quotasOf().check(other, 'seats')).rejects.toMatchObject({ kind: 'payment' });
    await database.withTenant({ tenant: other }, (tx) => quotasOf().release(tx, other, 'seats', 5));
    await quotasOf().check(other, 'seats', 5);
    await expect(take('seats', 6, other)).rejects.toMatchObject({ kind: 'payment' });
    await database.withTenant({ tenant: other }, (tx) => quotasOf().release(tx, other, 'seats', 500));
    await take('seats', 20, other);
  });

  test('refuse at once what is more than the whole', async () => {
    await expect(take('hits', 101)).rejects.toMatchObject({ details: { used: 0 } });
    await take('hits', 100);
  });

  test('of a day say when to come back, and begin anew', async () => {
    await take('calls', 3);
    await expect(take('calls')).rejects.toMatchObject({
      code: 'quota_exceeded',
      kind: 'limit',
      details: { retryAfterSeconds: 30 },
    });
    now += 31_000;
    await take('calls', 3);
    await expect(take('hits')).rejects.toMatchObject({ kind: 'payment' });
    now = Date.UTC(2026, 11, 1);
    await take('hits', 100);
  });

  test('may be set for one tenant alone, for a while, by an operator', async () => {
    const own = await database.newTenant();
    const quotas = quotasOf();
    const spend = (amount: number) =>
      database.withTenant({ tenant: own }, (tx) => quotas.take(tx, own, 'calls', amount));
    await spend(3);
    await expect(spend(1)).rejects.toMatchObject({ details: { quota: 'calls', limit: 3, used: 3, per: 'day' } });
    const said = { reason: 'A launch', by: 'user:operator' };
    await quotas.overrides.set(own, { name: 'calls', limit: 5, per: 'day', until: new Date(now + 60_000) }, said);
    await spend(2);
    await expect(spend(1)).rejects.toMatchObject({ details: { limit: 5, used: 5 } });
    expect((await quotas.usage(own)).find(({ name }) => name === 'calls')).toMatchObject({
      limit: 5,
      used: 5,
      source: 'override',
      resetsAt: new Date(Date.UTC(2026, 11, 2)),
    });
    await expect(
      quotas.overrides.set(
        own,
        { name: 'seats', limit: null, per: 'total' },
        { ...said, within: () => Promise.reject(new Error('no audit')) },
      ),
    ).rejects.toThrow('no audit');
    await quotas.overrides.set(own, { name: 'seats', limit: null, per: 'total' }, said);
    await database.withTenant({ tenant: own }, (tx) => quotas.take(tx, own, 'seats', 1000));
    now += 61_000;
    await expect(quotas.check(own, 'calls')).rejects.toMatchObject({ details: { limit: 3 } });
    await quotas.overrides.remove(own, 'seats', said);
    await expect(quotas.overrides.remove(own, 'seats', said)).rejects.toMatchObject({ kind: 'missing' });
    await expect(quotas.check(own, 'seats')).rejects.toMatchObject({ kind: 'payment' });
    expect(await quotas.overrides.of(tenant)).toEqual([]);
  });

  test('are never exceeded by what is taken ahead for hot paths, on many nodes at once', async () => {
    const own = await database.newTenant();
    const many: PlanLimits = { hits: { limit: 5000, per: 'month' } };
    const quotas = createQuotas({ database, clock, limitsOf: async () => many });
    const nodes = Array.from({ length: 3 }, () => createQuotaLeases({ database, quotas, now: clock.now }));
    let spent = 0;
    const refusals: unknown[] = [];
    await Promise.all(
      nodes.flatMap((node) =>
        Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 300; n++)
            try {
              await node.spend(own, 'hits', 1);
              spent++;
            } catch (error) {
              refusals.push(error);
            }
        }),
      ),
    );
    expect(spent + refusals.length).toBe(7200);
    for (const error of refusals)
      expect(error).toMatchObject({ kind: 'payment', details: { quota: 'hits', limit: 5000 } });
    // What a node has taken ahead is there for that node alone until it gives it back.
    expect(spent).toBeLessThanOrEqual(5000);
    expect(spent).toBeGreaterThan(4970);
    await Promise.all(nodes.map((node) => node.close()));
    expect((await quotas.usage(own))[0]).toMatchObject({ used: spent });
    // A batch that is larger than what is taken ahead, and one for which nothing is left.
    await expect(Promise.resolve(nodes[0]?.spend(own, 'hits', 60))).rejects.toMatchObject({ kind: 'payment' });
    await nodes[0]?.spend(own, 'anything', 1_000_000);
  });

  test('that no plan names are counted and not limited', async () => {
    await expect(take('stickers', 1_000_000)).resolves.toBeUndefined();
  });
});
