import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrations as auditMigrations } from '../audit/index.ts';
import type { MigrationOwner } from '../data/index.ts';
import type { Owner } from './onboarding.ts';
import { openRooms, PASSWORD, type Rooms } from './testing/rooms.ts';

/** A plugin whose tables reference each other, themselves, and are partitioned. */
const plugin: MigrationOwner = {
  owner: 'acme.shows',
  schema: 'p_acme_shows',
  role: 'p_acme_shows',
  migrations: [
    {
      name: '0001_shows',
      up(schema) {
        schema.tenantTable({
          name: 'network',
          columns: { id: 'uuid not null', parent: 'uuid' },
          foreignKeys: [{ columns: ['parent'], references: 'network' }],
          privacy: { id: 'none', parent: 'none' },
        });
        schema.tenantTable({
          name: 'a_show',
          columns: { id: 'uuid not null', network: 'uuid not null' },
          foreignKeys: [{ columns: ['network'], references: 'network' }],
          privacy: { id: 'none', network: 'none' },
        });
        schema.tenantTable({
          name: 'hit',
          columns: { id: 'uuid not null' },
          partition: 'month',
          privacy: { id: 'none' },
        });
      },
    },
  ],
};

let rooms: Rooms;
let gone: Owner;
let kept: Owner;

beforeAll(async () => {
  rooms = await openRooms(inject('postgres'), {
    migrations: auditMigrations,
    owners: [plugin],
  });
  [gone, kept] = [await furnish('gone'), await furnish('kept')];
});
afterAll(() => rooms.close());

/** A tenant that has something in every room. */
async function furnish(name: string): Promise<Owner> {
  const { identity, tenancy, database } = rooms;
  const owner = await identity.createOwner({ name, email: `${name}@x.test`, password: PASSWORD, workspace: name });
  const { id } = owner.tenant;
  await identity.keys.create({ tenant: id, name: 'k', kind: 'secret', scopes: ['keys:read'], role: 'owner', by: 'x' });
  await tenancy.settings.set(id, { currency: 'EUR' }, { by: 'x' });
  await tenancy.domains.add(id, `${name}.example`);
  await database.withTenant({ tenant: id }, async (tx) => {
    const [network, child] = [uuidv7(), uuidv7()];
    const insert = (table: string, columns: string, ...values: unknown[]) =>
      tx.execute(
        `insert into ${table} (tenant_id, ${columns}) values ($1, ${values.map((_, n) => `$${n + 2}`).join(', ')})`,
        [id, ...values],
      );
    await insert('core.secret', 'owner, name, sealed, updated_at, updated_by', 'acme.shows', 's', 'x', new Date(), 'x');
    await insert('core.quota_usage', 'name, period, used', 'keys', 'total', 1);
    await insert(
      'core.audit',
      'id, actor_kind, actor_id, action, target, details, time',
      uuidv7(),
      'user',
      'x',
      'a.b',
      't',
      '{}',
      new Date(),
    );
    await tx.query('set local role p_acme_shows');
    await insert('p_acme_shows.network', 'id', network);
    await insert('p_acme_shows.network', 'id, parent', child, network);
    await insert('p_acme_shows.a_show', 'id, network', uuidv7(), child);
    await insert('p_acme_shows.hit', 'id', uuidv7());
  });
  return owner;
}

/** Every row of the whole database in which the tenant is named, in any column; the operator's own book aside. */
async function traces(tenant: string): Promise<Record<string, number>> {
  const tables = await rooms.database.admin<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`,
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await rooms.database.admin<{ n: number }>(
      `select count(*)::int as n from ${name} t where position($1 in to_jsonb(t)::text) > 0`,
      [tenant],
    );
    if (row?.n) found[name] = row.n;
  }
  return found;
}

test('a purge leaves nothing of the tenant anywhere, and everything of the others', async () => {
  const [before, others] = [await traces(gone.tenant.id), await traces(kept.tenant.id)];
  expect(Object.keys(before)).toEqual(
    expect.arrayContaining([
      'auth.apikey',
      'auth.member',
      'auth.organization',
      'core.audit',
      'core.event',
      'core.event_pending',
      'core.quota_usage',
      'core.secret',
      'core.setting',
      'core.setting_history',
      'core.tenant_domain',
      'core.tenants',
      'p_acme_shows.a_show',
      'p_acme_shows.hit',
      'p_acme_shows.network',
    ]),
  );
  const { rows } = await rooms.tenancy.purge(gone.tenant.id, { now: true });
  expect(rows).toMatchObject({ 'p_acme_shows.network': 2, 'p_acme_shows.a_show': 1, 'core.setting': 1 });
  expect(await traces(gone.tenant.id)).toEqual({});
  expect(await traces(kept.tenant.id)).toEqual(others);
});

test('the person stays, without the workspace', async () => {
  expect(await rooms.identity.users.find('gone@x.test')).toMatchObject({ name: 'gone' });
  await rooms.identity.signIn('gone@x.test', PASSWORD, { ip: '1.2.3.4' });
});

test('a purge that was interrupted goes on with the next sweep', async () => {
  const owner = await furnish('halfway');
  rooms.tenancy.onPurge('breaks once', async () => {
    rooms.tenancy.onPurge('breaks once', async () => undefined);
    throw new Error('the power went out');
  });
  await expect(rooms.tenancy.purge(owner.tenant.id, { now: true })).rejects.toThrow('the power went out');
  expect(await rooms.tenancy.bySlug('halfway')).toMatchObject({ status: 'purging' });
  await expect(rooms.tenancy.restore(owner.tenant.id)).rejects.toMatchObject({ code: 'tenants.wrong_status' });
  expect((await rooms.tenancy.purgeDue()).map(({ tenant }) => tenant.slug)).toEqual(['halfway']);
  expect(await traces(owner.tenant.id)).toEqual({});
});

test('a missing organisation is made again by the sweeper', async () => {
  await rooms.database.admin('delete from auth.organization where id = $1', [kept.tenant.id]);
  expect(await rooms.identity.repairOrganizations()).toBe(1);
  expect(await rooms.identity.repairOrganizations()).toBe(0);
  expect(await rooms.database.admin('select slug from auth.organization where id = $1', [kept.tenant.id])).toEqual([
    { slug: 'kept' },
  ]);
});
