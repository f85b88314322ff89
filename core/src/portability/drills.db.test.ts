import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createPartitionKeeper, maintainPartitions } from '../data/index.ts';
import { readArchive } from './archive/archive.ts';
import { nameOf, ofTenants, readTables } from './catalog/tables.ts';
import { partiesOf } from './subject/places.ts';
import { CRM } from './testing/crm.ts';
import { openInstallation, type Installation } from './testing/installation.ts';
import { seedEverywhere } from './testing/seed.ts';

const SLOW = 240_000;
const PASSPHRASE = 'a long enough passphrase';
const WORD = 'drillbird9917';
const EMAIL = `${WORD}@example.com`;
const MEMBER = 'bo@drills.example';
const SKIPPED = /^core\.(tenant_import|file|privacy_request|event_pending|event_position|tenants|audit_checkpoint)/;

let from: Installation;
let to: Installation;
let tenant: string;
let customer: string;
const dir = mkdtempSync(join(tmpdir(), 'podlift-drills-'));

class Stop extends Error {}

beforeAll(async () => {
  from = await openInstallation(inject('postgres'), { crm: CRM });
  to = await openInstallation(inject('postgres'), { crm: CRM });
  const { rooms } = from;
  tenant = (await rooms.tenancy.create({ slug: 'acme', name: 'Acme' })).id;
  await rooms.identity.users.create({ email: MEMBER, name: 'Bo', password: 'seven quiet lighthouses' });
  await rooms.identity.members.add(tenant, MEMBER, 'owner');
  const catalog = await rooms.portability.catalog();
  const tables = ofTenants(await rooms.database.owner((tx) => readTables(tx))).filter(
    (table) => !SKIPPED.test(nameOf(table)),
  );
  customer = uuidv7();
  const file = await rooms.files.put({ tenant, owner: 'core' }, Buffer.from(WORD), {
    name: 'a.txt',
    mediaType: 'text/plain',
  });
  const names = { email: EMAIL, user: `user-${WORD}`, file: file.id, 'test.crm.customer': customer };
  await seedEverywhere(from.sql, tables, partiesOf(tables, catalog), catalog, tenant, { word: WORD, names });
  await rooms.secrets.put(tenant, 'test.crm', 'token', 'a secret of the tenant', 'user:x');
  // Rows that refer to each other, the younger one first in no order.
  for (let n = 0; n < 5; n++)
    await from.sql(
      `insert into p_test_crm.customer (tenant_id, id, email, name, parent, created_at) select $1, $2, 'b' || $3 || '@example.com', 'B', (select max(id::text)::uuid from p_test_crm.customer where name = 'B'), now()`,
      [tenant, uuidv7(), String(n)],
    );
}, SLOW);
afterAll(async () => {
  await from.close();
  await to.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('stopped between any two steps', () => {
  const archive = join(dir, 'acme.tar');

  test('an export leaves no file, and works the next time', { timeout: SLOW }, async () => {
    const { portability } = from.rooms;
    for (const stopAt of [1, 2, 5, 20, 50]) {
      let n = 0;
      const stop = portability.export(
        { tenant, passphrase: PASSPHRASE },
        {
          write: async () => {
            if (++n === stopAt) throw new Stop();
          },
        },
      );
      await expect(stop).rejects.toThrow(Stop);
    }
    const signal = AbortSignal.abort(new Stop());
    await expect(portability.exportToFile({ tenant, signal }, archive)).rejects.toThrow(Stop);
    expect(readdirSync(dir)).toEqual([]);
    const manifest = await portability.exportToFile({ tenant, passphrase: PASSPHRASE }, archive);
    // The one that no key opens.
    expect(manifest.leftOut).toMatchObject([{ table: 'core.secret' }]);
    expect(existsSync(archive)).toBe(true);
  });

  test('an export without a passphrase leaves secrets out and says which', async () => {
    const plain = join(dir, 'plain.tar');
    const manifest = await from.rooms.portability.exportToFile({ tenant }, plain);
    expect(manifest.leftOut).toContainEqual({ table: 'core.secret', what: 'the secret token of test.crm' });
    expect(manifest.leftOut.map(({ table }) => table)).toContain('p_podlift_tracking.hash_secret');
    for await (const member of readArchive(createReadStream(plain), undefined))
      expect((await member.whole()).toString().includes('a secret of the tenant')).toBe(false);
    rmSync(plain);
  });

  test('an import goes on, is nobody’s before it is whole, and ends equal', { timeout: SLOW }, async () => {
    const { portability, tenancy, secrets, files } = to.rooms;
    let stops = 0;
    let people: object | undefined;
    for (let stopAt = 1; ; stopAt = stopAt < 12 ? stopAt + 1 : stopAt + 5) {
      let n = 0;
      let last = '';
      const step = (name: string): void => {
        last = name;
        if (++n === stopAt) throw new Stop();
      };
      const done = await portability
        .importFromFile(archive, { passphrase: PASSPHRASE, step })
        .catch((error: unknown) => {
          if (!(error instanceof Stop)) throw error;
          stops++;
          return undefined;
        });
      people = done?.people;
      if (done) break;
      tenancy.forget();
      expect((await tenancy.byName('acme'))?.status).toBe(last === 'opened' ? 'active' : 'importing');
    }
    expect(stops).toBeGreaterThan(10);
    // Made by the first of the many runs, and told by the last.
    expect(people).toMatchObject({ created: [MEMBER], joined: [] });
    expect((await tenancy.byName('acme'))?.status).toBe('active');
    const { differences, rows } = await portability.compare(tenant, archive, PASSPHRASE);
    expect(differences.filter(({ table }) => table !== 'core.job')).toEqual([]);
    expect(rows).toBeGreaterThan(40);
    expect(await secrets.get(tenant, 'test.crm', 'token')).toBe('a secret of the tenant');
    const [there] = await from.sql<{ secret: string }>('select secret from p_podlift_tracking.hash_secret');
    expect(await to.sql('select secret from p_podlift_tracking.hash_secret')).toEqual([there]);
    const [file] = await files.list({ tenant });
    expect(Buffer.from(await files.read({ tenant }, file?.id ?? '', 1000)).toString()).toBe(WORD);
  });

  test(
    'an erasure goes on with the names that it had found, and ends with nothing left',
    { timeout: SLOW },
    async () => {
      const { subjects } = to.rooms.portability;
      const { id } = await subjects.create(tenant, {
        kind: 'erase',
        identifiers: [{ kind: 'email', value: EMAIL }],
        by: 'user:op',
      });
      let stops = 0;
      for (let stopAt = 1; ; stopAt = stopAt < 10 ? stopAt + 1 : stopAt + 7) {
        let n = 0;
        const step = (): void => {
          if (++n === stopAt) throw new Stop();
        };
        const done = await subjects.run(tenant, id, { step }).catch((error: unknown) => {
          if (!(error instanceof Stop)) throw error;
          stops++;
          return undefined;
        });
        if (done) break;
        expect(await subjects.get(tenant, id)).toMatchObject({ state: 'failed' });
      }
      expect(stops).toBeGreaterThan(8);
      // Found by the id that only the first row linked to the address.
      expect(await to.sql('select customer_id, title from p_test_crm.ticket')).toEqual([
        { customer_id: null, title: '' },
      ]);
      expect(await to.sql('select email from p_test_crm.customer where email = $1', [EMAIL])).toEqual([]);
      expect(await to.sql('select count(*)::int as n from p_test_crm.customer')).toEqual([{ n: 5 }]);
      // The names that were needed for that are forgotten.
      expect(await to.sql(`select name from core.secret where owner = 'core.portability'`)).toEqual([]);
    },
  );

  test('a legal hold lets nothing be deleted, and says why', async () => {
    const { rooms } = to;
    const set = (value: object): Promise<unknown> =>
      rooms.settings.set(tenant, 'core.privacy', value, { by: 'user:op' });
    await set({ legalHold: 'Case 12 O 34/26' });
    const refused = rooms.portability.subjects.create(tenant, {
      kind: 'erase',
      identifiers: [{ kind: 'email', value: EMAIL }],
      by: 'user:op',
    });
    await expect(refused).rejects.toThrow('Case 12 O 34/26');
    expect(await rooms.portability.retain(tenant)).toMatchObject({ hold: 'Case 12 O 34/26', removed: [] });
    expect(await rooms.portability.held()).toEqual([tenant]);
    await set({});
  });

  test(
    'a month that a held tenant needs is not dropped; the rows of others go from it',
    { timeout: SLOW },
    async () => {
      const { database } = to.rooms;
      const old = Date.now() - 900 * 86_400_000;
      const keeper = createPartitionKeeper(database, { maxAgeDays: 1000 });
      await keeper.ensure('p_podlift_tracking', 'touchpoint', [old]);
      for (const id of [tenant, uuidv7()])
        await to.sql(
          `insert into p_podlift_tracking.touchpoint (tenant_id, id, household, kind, channel) values ($1, $2, $3, 'visit', 'x')`,
          [id, uuidv7(old), uuidv7()],
        );
      const count = (): Promise<object[]> =>
        to.sql(`select tenant_id from p_podlift_tracking.touchpoint where id < $1::uuid`, [uuidv7(old + 86_400_000)]);
      await maintainPartitions(database, Date.now(), undefined, [tenant]);
      expect(await count()).toEqual([{ tenant_id: tenant }]);
      const { retired } = await maintainPartitions(database, Date.now());
      expect(retired).toHaveLength(1);
      expect(await count()).toEqual([]);
    },
  );
});

describe('retention', () => {
  test('removes and clears what is past its time, and nothing else', { timeout: SLOW }, async () => {
    const { portability } = to.rooms;
    const { unknown } = await portability.retentionPlan();
    expect(unknown).toEqual([]);
    await portability.retain(tenant);
    const days = (n: number): Date => new Date(Date.now() - n * 86_400_000);
    const add = (at: Date, name: string): Promise<unknown> =>
      to.sql(`insert into p_test_crm.customer (tenant_id, id, email, name, created_at) values ($1, $2, $3, $3, $4)`, [
        tenant,
        uuidv7(at.getTime()),
        name,
        at,
      ]);
    const ticket = (at: Date): Promise<unknown> =>
      to.sql(
        `insert into p_test_crm.ticket (tenant_id, id, title, body, answer, state) values ($1, $2, 'T', 'B', '{}', 'open')`,
        [tenant, uuidv7(at.getTime())],
      );
    for (let n = 0; n < 1500; n++) await add(days(401), `old-${n}`);
    await add(days(399), 'young');
    await ticket(days(31));
    await ticket(days(29));
    expect((await portability.retain(tenant, { dryRun: true })).removed).toEqual([
      { table: 'p_test_crm.customer', deleted: 1500, cleared: 0 },
      { table: 'p_test_crm.ticket', deleted: 0, cleared: 1 },
    ]);
    const { removed } = await portability.retain(tenant);
    expect(removed).toEqual([
      { table: 'p_test_crm.customer', deleted: 1500, cleared: 0 },
      { table: 'p_test_crm.ticket', deleted: 0, cleared: 1 },
    ]);
    expect(await to.sql(`select name from p_test_crm.customer where name like 'old%' or name = 'young'`)).toEqual([
      { name: 'young' },
    ]);
    expect(await to.sql(`select count(*)::int as n from p_test_crm.ticket where body = 'B'`)).toEqual([{ n: 1 }]);
    expect((await portability.retain(tenant)).removed).toEqual([]);
    const [act] = await to.rooms.audit.list(tenant, { action: 'retention.carried_out' });
    expect(JSON.stringify(act?.details)).toContain('1500');
  });
});
