import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import { createSettings, migrations as settingsMigrations } from '../settings/index.ts';
import { createTenancy, migrations, type Tenancy, type TenantEvent } from './index.ts';

let database: TestDatabase;
let tenancy: Tenancy;
let ahead = 0;
const clock = { now: () => Date.now() + ahead };
const events: TenantEvent[] = [];
const errors: object[] = [];
const txt = new Map<string, string>();
const DAY = 24 * 3600 * 1000;

const open = () =>
  createTenancy({
    config: { baseDomain: 'podlift.test', publicUrl: 'https://app.podlift.test' },
    database,
    clock,
    settings: createSettings({ database, clock }),
    log: { error: (fields) => void errors.push(fields), info: () => undefined },
    append: async (tx, appended) => {
      await tx.query('select 1');
      events.push(...appended);
    },
    lookUpTxt: async (name) => [[txt.get(name) ?? '']],
  });

beforeAll(async () => {
  database = await createTestDatabase(inject('postgres'), { migrations: [...settingsMigrations, ...migrations] });
  tenancy = open();
});
afterAll(() => database.close());

let count = 0;
const create = (more = {}) => tenancy.create({ slug: `acme-${++count}`, name: 'Acme', ...more });

describe('creating', () => {
  test('gives a tenant with everything it needs, and tells it', async () => {
    const tenant = await create({ plan: 'free' });
    expect(tenant).toMatchObject({
      slug: `acme-${count}`,
      status: 'active',
      plan: 'free',
      version: 1,
      disposable: false,
    });
    expect(events.at(-1)).toEqual({
      type: 'core.tenant-created@1',
      source: 'core',
      key: tenant.id,
      payload: { id: tenant.id, slug: tenant.slug, name: 'Acme', plan: 'free', status: 'active' },
    });
    expect(await tenancy.get(tenant.id)).toEqual(tenant);
    expect(await tenancy.limitsOf(tenant.id)).toMatchObject({ keys: { limit: 5, per: 'total' } });
  });

  test('says which field is taken or wrong', async () => {
    const { slug } = await create();
    await expect(create({ slug })).rejects.toMatchObject({
      code: 'tenants.slug_taken',
      kind: 'conflict',
      details: [{ path: ['slug'], message: 'Is taken.' }],
    });
    await expect(create({ slug: 'admin' })).rejects.toMatchObject({ details: [{ path: ['slug'] }] });
    await expect(create({ plan: 'gold' })).rejects.toMatchObject({ details: [{ path: ['plan'] }] });
  });

  test('of one slug by ten at once makes one', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => create({ slug: 'race' })));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is done once however often it is ensured', async () => {
    const made = await Promise.all(
      [1, 2, 3].map(() => tenancy.ensure({ slug: 'demo', name: 'Demo', disposable: true })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await tenancy.ensure({ slug: 'demo', name: 'Other' })).toMatchObject({ name: 'Demo', disposable: true });
  });

  test('stands although what follows fails, which is logged', async () => {
    const other = open();
    other.onCreated('broken', () => Promise.reject(new Error('down')));
    const tenant = await other.create({ slug: 'follows', name: 'F' });
    expect(await tenancy.get(tenant.id)).toMatchObject({ slug: 'follows' });
    expect(errors.at(-1)).toMatchObject({ hook: 'broken', tenant: tenant.id });
  });
});

test('the list is read page by page, newest first', async () => {
  for (let n = 0; n < 5; n++) await create();
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await tenancy.list({ limit: 2, ...(after && { after }) });
    seen.push(...page.items.map(({ id }) => id));
    after = page.next;
  } while (after);
  expect(seen).toEqual([...new Set(seen)].sort().toReversed());
  expect(seen.length).toBeGreaterThanOrEqual(5);
});

describe('changing', () => {
  test('needs the version that was read, when one is named', async () => {
    const tenant = await create();
    const renamed = await tenancy.update(tenant.id, { name: 'New' }, 1);
    expect(renamed).toMatchObject({ name: 'New', version: 2 });
    await expect(tenancy.update(tenant.id, { name: 'Lost' }, 1)).rejects.toMatchObject({ code: 'tenants.changed' });
    expect(await tenancy.update(tenant.id, { plan: 'pro' })).toMatchObject({ name: 'New', plan: 'pro', version: 3 });
    await expect(tenancy.update(crypto.randomUUID(), { name: 'x' })).rejects.toMatchObject({ kind: 'missing' });
  });

  test('takes no slug of somebody else', async () => {
    const [one, two] = [await create(), await create()];
    await expect(tenancy.update(one.id, { slug: two.slug })).rejects.toMatchObject({ code: 'tenants.slug_taken' });
    expect(await tenancy.update(one.id, { slug: 'own-name' })).toMatchObject({ slug: 'own-name' });
    expect(await tenancy.bySlug('own-name')).toMatchObject({ id: one.id });
  });
});

describe('its life', () => {
  test('suspended and resumed', async () => {
    const { id } = await create();
    expect(await tenancy.bySlug(`acme-${count}`)).toMatchObject({ status: 'active' });
    expect(await tenancy.suspend(id, 'unpaid')).toMatchObject({ status: 'suspended', suspendedReason: 'unpaid' });
    expect(await tenancy.bySlug(`acme-${count}`)).toMatchObject({ status: 'suspended' });
    await expect(tenancy.suspend(id, 'again')).rejects.toMatchObject({
      code: 'tenants.wrong_status',
      details: { status: 'suspended' },
    });
    expect(await tenancy.resume(id)).toMatchObject({ status: 'active', suspendedAt: null });
  });

  test('deleted, restored as it was, and purged only when its time has come', async () => {
    const { id, slug } = await create();
    await tenancy.suspend(id, 'unpaid');
    const deleted = await tenancy.remove(id);
    expect(deleted.status).toBe('deleted');
    expect((deleted.purgeAfter?.getTime() ?? 0) - (deleted.deletedAt?.getTime() ?? 0)).toBe(30 * DAY);
    await expect(create({ slug })).rejects.toMatchObject({ code: 'tenants.slug_taken' });
    await expect(tenancy.purge(id)).rejects.toMatchObject({ code: 'tenants.not_due' });
    expect(await tenancy.restore(id)).toMatchObject({ status: 'suspended', purgeAfter: null });
    await tenancy.remove(id, DAY);
    ahead += DAY + 1000;
    expect((await tenancy.purgeDue()).map(({ tenant }) => tenant.id)).toEqual([id]);
    await expect(tenancy.get(id)).rejects.toMatchObject({ kind: 'missing' });
    expect(await tenancy.bySlug(slug)).toBeUndefined();
    await create({ slug });
  });

  test('one that cannot be purged does not keep the others, and two sweeps do no harm', async () => {
    const other = open();
    const due = await Promise.all([create(), create(), create()]);
    for (const { id } of due) await other.remove(id, 0);
    other.onPurge('fails for one', async ({ id }) => {
      if (id === due[1]?.id) throw new Error('disk is full');
    });
    const done = (await Promise.all([other.purgeDue(), other.purgeDue()])).flat();
    expect(new Set(done.map(({ tenant }) => tenant.id))).toEqual(new Set([due[0]?.id, due[2]?.id]));
    expect(errors.at(-1)).toMatchObject({ tenant: due[1]?.id, err: { message: 'disk is full' } });
    expect((await tenancy.purgeDue()).map(({ tenant }) => tenant.id)).toEqual([due[1]?.id]);
  });

  test('an active one is not purged by mistake, and at once when it is meant', async () => {
    const { id } = await create({ disposable: true });
    await expect(tenancy.purge(id)).rejects.toMatchObject({ code: 'tenants.wrong_status' });
    await tenancy.purge(id, { now: true });
    await expect(tenancy.purge(id, { now: true })).rejects.toMatchObject({ kind: 'missing' });
  });
});

test('what is under way while a tenant is purged leaves nothing of it', async () => {
  const { id } = await create({ disposable: true });
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const work = database.withTenant({ tenant: id }, async (tx) => {
    await tx.execute(
      `insert into core.setting (tenant_id, owner, value, version, updated_at, updated_by) values ($1, 'late', '{}', 1, now(), 'x')`,
      [id],
    );
    begun.resolve();
    await goOn.promise;
  });
  await begun.promise;
  const purged = tenancy.purge(id, { now: true });
  await sleep(300);
  goOn.resolve();
  await work;
  await purged;
  const left = await database.system('look for rows that are left', (tx) =>
    tx.query('select 1 from core.setting where tenant_id = $1', [id]),
  );
  expect(left).toEqual([]);
});

describe('a request finds its tenant', () => {
  test('by host name, slug and id', async () => {
    const { id, slug } = await create();
    expect(await tenancy.byHost(`${slug}.podlift.test`)).toMatchObject({ id });
    expect(await tenancy.byHost(`${slug.toUpperCase()}.Podlift.Test:8443`)).toMatchObject({ id });
    expect(await tenancy.byName(slug)).toMatchObject({ id });
    expect(await tenancy.byName(id.toUpperCase())).toMatchObject({ id });
    expect(await tenancy.byId(id)).toMatchObject({ slug });
  });

  test.each([
    'podlift.test',
    'app.podlift.test',
    'a.b.podlift.test',
    'nobody.podlift.test',
    'evil.test',
    '127.0.0.1:3000',
    '',
    'acme-1.podlift.test.evil.test',
  ])('and none by %j', async (host) => {
    expect(await tenancy.byHost(host)).toBeUndefined();
  });

  test('a change is seen at once here, and soon in other processes', async () => {
    const { id } = await create();
    const elsewhere = open();
    expect(await elsewhere.byId(id)).toMatchObject({ status: 'active' });
    await tenancy.suspend(id, 'x');
    expect(await tenancy.byId(id)).toMatchObject({ status: 'suspended' });
    expect(await elsewhere.byId(id)).toMatchObject({ status: 'active' });
    ahead += 2001;
    expect(await elsewhere.byId(id)).toMatchObject({ status: 'suspended' });
  });
});

describe('a domain of its own', () => {
  test('leads to the tenant once it is proven, and to nobody before', async () => {
    const { id } = await create();
    const { domain, record, proof, verifiedAt } = await tenancy.domains.add(id, 'Pods.Acme.example');
    expect({ domain, record, verifiedAt }).toEqual({
      domain: 'pods.acme.example',
      record: '_podlift-challenge.pods.acme.example',
      verifiedAt: null,
    });
    expect(await tenancy.byHost(domain)).toBeUndefined();
    expect(await tenancy.domains.isKnown(domain)).toBe(false);
    await expect(tenancy.domains.verify(id, domain)).rejects.toMatchObject({ code: 'tenants.domain_unproven' });
    txt.set(record, proof);
    expect(await tenancy.domains.verify(id, domain)).toMatchObject({ verifiedAt: expect.any(Date) });
    expect(await tenancy.byHost(`${domain}:443`)).toMatchObject({ id });
    expect(await tenancy.domains.isKnown(domain)).toBe(true);
  });

  test('cannot be squatted, nor taken from whom it belongs to', async () => {
    const [squatter, owner] = [await create(), await create()];
    await tenancy.domains.add(squatter.id, 'brand.example');
    const mine = await tenancy.domains.add(owner.id, 'brand.example');
    txt.set(mine.record, mine.proof);
    await tenancy.domains.verify(owner.id, 'brand.example');
    await expect(tenancy.domains.add(squatter.id, 'brand.example')).rejects.toMatchObject({
      code: 'tenants.domain_taken',
    });
    await expect(tenancy.domains.verify(squatter.id, 'brand.example')).rejects.toMatchObject({ kind: 'invalid' });
    expect(await tenancy.domains.remove(squatter.id, 'brand.example')).toBe(false);
    expect(await tenancy.domains.remove(owner.id, 'brand.example')).toBe(true);
  });

  test.each([
    'localhost',
    'x',
    '127.0.0.1',
    'podlift.test',
    'acme-1.podlift.test',
    'app.podlift.test',
    'a_b.example',
    'http://a.example',
  ])('cannot be %s', async (domain) => {
    const { id } = await create();
    await expect(tenancy.domains.add(id, domain)).rejects.toMatchObject({
      code: 'tenants.domain_invalid',
      details: [{ path: ['domain'] }],
    });
  });
});

test('settings of the workspace are checked and versioned', async () => {
  const { id } = await create();
  expect(await tenancy.settings.get(id)).toEqual({
    value: { timeZone: 'UTC', currency: 'USD', locale: 'en', weekStart: 1 },
    version: 0,
  });
  const saved = await tenancy.settings.set(
    id,
    { timeZone: 'Europe/Vienna', currency: 'EUR', locale: 'de-at' },
    { by: 'user:1', expected: 0 },
  );
  expect(saved).toEqual({
    value: { timeZone: 'Europe/Vienna', currency: 'EUR', locale: 'de-AT', weekStart: 1 },
    version: 1,
  });
  // The same for SQL, under the same wall.
  const inSql = (tenant: string) =>
    database.withTenant({ tenant }, (tx) =>
      tx.query('select time_zone, week_start, version from core.tenant_settings where tenant_id = $1', [id]),
    );
  expect(await inSql(id)).toEqual([
    { time_zone: saved.value.timeZone, week_start: saved.value.weekStart, version: saved.version },
  ]);
  expect(await inSql(uuidv7())).toEqual([]);
  await expect(tenancy.settings.set(id, { timeZone: 'Vienna', currency: 'Euro' }, { by: 'u' })).rejects.toMatchObject({
    details: [{ path: ['timeZone'] }, { path: ['currency'] }],
  });
});
