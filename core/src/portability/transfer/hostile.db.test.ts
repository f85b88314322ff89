import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { writeArchive } from '../archive/archive.ts';
import { writeFileWhole } from '../archive/sink.ts';
import { openInstallation, type Installation } from '../testing/installation.ts';
import { FORMAT } from './manifest.ts';
import { createRowDigest } from './rows.ts';

const SLOW = 120_000;
const dir = mkdtempSync(join(tmpdir(), 'podlift-hostile-'));
let here: Installation;
let victim: string;
let registry: Record<string, string | null>;

beforeAll(async () => {
  here = await openInstallation(inject('postgres'));
  victim = (await here.rooms.tenancy.create({ slug: 'victim', name: 'Victim' })).id;
  const columns = await here.sql<{ key: string; value: string | null }>(
    'select c.key, c.value from core.tenants t cross join lateral json_each_text(to_json(t)) c where t.id = $1',
    [victim],
  );
  registry = Object.fromEntries(columns.map(({ key, value }) => [key, value]));
}, SLOW);
afterAll(async () => {
  await here.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Forged {
  readonly tenant: string;
  /** Whose tables rows go into, as the beginning says. */
  readonly head?: string;
  readonly table?: string;
  readonly row?: Readonly<Record<string, string>>;
  readonly person?: Readonly<Record<string, unknown>>;
}

/** An archive that nobody exported, whole in itself: whoever writes one writes its digests too. */
async function forge({ tenant, head = tenant, table = 'auth.apikey', row = {}, person }: Forged): Promise<string> {
  const path = join(dir, `${randomUUID()}.tar`);
  const about = { format: FORMAT, id: randomUUID(), madeAt: new Date().toISOString() };
  const slug = `eve-${tenant.slice(0, 8)}`;
  const [schema = '', name = ''] = table.split('.');
  await writeFileWhole(path, (sink) =>
    writeArchive(sink, { now: Date.now() }, async (writer) => {
      const add = async (to: string, value: unknown) => ({
        ...(await writer.add(to, Buffer.from(value === undefined ? '' : JSON.stringify(value)))),
        rows: 1,
      });
      await add('head.json', { ...about, tenant: { id: head, slug, name: 'Eve' } });
      const part = await add(`tables/${schema}/${name}/000001.ndjson`, Object.values(row));
      const digest = createRowDigest().value();
      await add('manifest.json', {
        ...about,
        tenant: { ...registry, id: tenant, slug, name: 'Eve' },
        ledger: {},
        plugins: [],
        tables:
          Object.keys(row).length > 0
            ? [{ schema, name, columns: Object.keys(row), sealed: [], rows: 0, digest, parts: [part] }]
            : [],
        files: { count: 0, bytes: 0 },
        people: { count: 1, part: await add('people.ndjson', person), withPasswords: true },
        leftOut: [],
        notMoved: {},
        undelivered: 0,
      });
    }),
  );
  return path;
}

const bring = (path: string, options = {}) => here.rooms.portability.importFromFile(path, options);
const eve = (more: Readonly<Record<string, unknown>> = {}) => ({
  userId: randomUUID(),
  email: `${randomUUID()}@eve.test`,
  emailVerified: true,
  name: 'Eve',
  role: 'owner',
  since: '2026-01-01T00:00:00Z',
  createdAt: '2026-01-01T00:00:00Z',
  ...more,
});
const count = async (sql: string, values: readonly unknown[]): Promise<number> =>
  (await here.sql<{ n: number }>(`select count(*)::int as n from ${sql}`, values))[0]?.n ?? -1;

test('an archive whose beginning names another tenant than its end brings nobody into that one', async () => {
  const path = await forge({ tenant: randomUUID(), head: victim, person: eve() });
  await expect(bring(path)).rejects.toThrow('different tenants');
  expect(await count(`auth.member where "organizationId" = $1`, [victim])).toBe(0);
});

test('a key or a domain of another tenant does not come in with an archive', async () => {
  const key = {
    id: randomUUID(),
    configId: 'secret',
    referenceId: victim,
    key: 'a hash that Eve knows the key of',
    enabled: 'true',
    createdAt: '2026-01-01',
    updatedAt: '2026-01-01',
    metadata: '{"role":"owner"}',
  };
  await expect(bring(await forge({ tenant: randomUUID(), row: key }))).rejects.toThrow('rows of another tenant');
  expect(await count(`auth.apikey where "referenceId" = $1`, [victim])).toBe(0);
  const domain = { tenant_id: victim, domain: 'eve.test' };
  const path = await forge({ tenant: randomUUID(), table: 'core.tenant_domain', row: domain });
  await expect(bring(path)).rejects.toThrow('rows of another tenant');
  expect(await count('core.tenant_domain where tenant_id = $1', [victim])).toBe(0);
});

test('a domain comes in unproven', async () => {
  const tenant = randomUUID();
  const row = {
    tenant_id: tenant,
    domain: 'bank.test',
    proof: 'x',
    created_at: '2026-01-01',
    verified_at: '2026-01-01',
  };
  await bring(await forge({ tenant, table: 'core.tenant_domain', row })).catch(() => undefined);
  expect(await here.sql('select verified_at from core.tenant_domain where tenant_id = $1', [tenant])).toEqual([
    { verified_at: null },
  ]);
  expect(await here.rooms.tenancy.domains.isKnown('bank.test')).toBe(false);
});

test('an archive cannot say that somebody shares with its tenant', async () => {
  const tenant = randomUUID();
  const row = {
    tenant_id: tenant,
    id: randomUUID(),
    grantor: victim,
    grantor_name: 'Victim',
    dataset: 'podlift.tracking/orders',
    scope: '{}',
    summary: '',
    terms: '',
    withdrawable: 'true',
    state: 'active',
    offered_at: '2026-01-01',
  };
  await bring(await forge({ tenant, table: 'core.share_received', row, person: eve() })).catch(() => undefined);
  expect(await count('core.share_received where tenant_id = $1', [tenant])).toBe(0);
});

test('a password in an archive is taken over only when the operator says so, and a role must be one', async () => {
  const has = (id: string) => count(`auth.account where "userId" = $1 and password is not null`, [id]);
  const person = eve({ email: 'boss@victim.test', password: 'a hash whose password Eve knows' });
  await bring(await forge({ tenant: randomUUID(), person }));
  expect(await has(person.userId)).toBe(0);
  const moved = eve({ password: 'a hash' });
  await bring(await forge({ tenant: randomUUID(), person: moved }), { withPasswords: true });
  expect(await has(moved.userId)).toBe(1);
  await expect(bring(await forge({ tenant: randomUUID(), person: eve({ role: 'operator' }) }))).rejects.toThrow(
    'Invalid option',
  );
});
