import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate, openDatabase, startEmbedded } from '../data/index.ts';
import { silentLog } from '../telemetry/index.ts';
import { OWNERS } from './migrate.ts';
import { asAdmin } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';

const SLOW = 200_000;
/** What the first version of the kernel brought: the last migration of each room. */
const FIRST_KERNEL = new Set([
  'data/0001_tenants',
  'settings/0001_settings',
  'tenancy/0001_registry',
  'tenancy/0002_settings',
  'audit/0001_audit',
  'events/0001_events',
  'jobs/0001_jobs',
  'files/0001_file',
  'identity/0001_operator',
  'identity/0002_invitation',
  'http/0001_idempotency',
  'plugins/0001_plugins',
]);
const TENANT = '01900000-0000-7000-8000-000000000001';
const DIGEST = 'ab'.padEnd(64, '0');

interface Plan {
  readonly pending: readonly { readonly owner: string; readonly name: string }[];
}
interface Done {
  readonly outcome: string;
  readonly backup: string;
  readonly applied: readonly string[];
}

describe('a data directory of the first kernel', () => {
  let home: Home;
  const masterKey = randomBytes(32);
  beforeAll(async () => {
    home = createHome({ PODLIFT_MASTER_KEY: masterKey.toString('base64') });
    const database = await openDatabase({ dataDir: home.dataDir, masterKey, log: silentLog });
    const results = await migrate(
      database,
      OWNERS.map((owner) => ({
        ...owner,
        migrations: owner.migrations.filter(({ name }) => owner.owner !== 'core' || FIRST_KERNEL.has(name)),
      })),
    );
    for (const { error } of results) if (error) throw error;
    await database.owner(async (tx) => {
      await tx.query(
        `insert into core.tenants (id, slug, name, status, plan) values ($1, 'acme', 'Acme', 'active', 'unlimited')`,
        [TENANT],
      );
    });
    await database.withTenant({ tenant: TENANT }, (tx) =>
      tx.query(
        `insert into core.file (tenant_id, owner, digest, size, type, name, created_at) values ($1, 'core', $2, 7, 'text/csv', 'costs.csv', now())`,
        [TENANT, DIGEST],
      ),
    );
    await database.close();
  }, SLOW);
  afterAll(() => home.remove());

  test(
    'shows what would be done, survives kill -9 at each stage, and is brought up with its rows',
    { timeout: SLOW },
    async () => {
      const plan = (await home.ask('upgrade', '--check')) as Plan;
      expect(plan.pending.map(({ name }) => name)).toEqual(expect.arrayContaining(['recovery/0001_nodes']));
      expect(plan.pending.map(({ name }) => name)).not.toContain('files/0001_file');

      for (const stage of ['backing up', 'made the backup', 'bringing the schemas']) {
        const trying = home.launch(['upgrade']);
        await expect.poll(() => trying.stdout() + trying.stderr(), { timeout: 60_000, interval: 5 }).toContain(stage);
        await sleep(Math.random() * 150);
        await trying.kill('SIGKILL');
      }
      const done = (await home.ask('upgrade')) as Done;
      expect(['upgraded', 'nothing to do']).toContain(done.outcome);
      expect(((await home.ask('upgrade', '--check')) as Plan).pending).toEqual([]);
      expect(((await home.ask('tenant', 'list')) as { slug: string }[]).map(({ slug }) => slug)).toEqual(['acme']);
      const product = await home.start(['start', '--empty']);
      const rows = await asAdmin(
        home.postgresUrl(),
        async (client) => (await client.query('select tenant_id, digest from core.file')).rows,
      );
      expect(rows).toEqual([{ tenant_id: TENANT, digest: DIGEST }]);
      expect(await product.kill('SIGTERM')).toBe(0);
    },
  );

  test('of a newer version is refused clearly, and left as it is', { timeout: SLOW }, async () => {
    const product = await home.start(['start', '--empty']);
    await asAdmin(home.postgresUrl(), (client) =>
      client.query(`insert into core.migration (owner, name, checksum) values ('core', 'future/0001_moon', '')`),
    );
    await product.kill('SIGTERM');
    for (const command of ['start', 'upgrade', 'migrate']) {
      const { code, stderr } = await home.podlift(command);
      expect([code === 0, stderr]).toEqual([
        false,
        expect.stringMatching(/made by a newer Podlift.*future\/0001_moon.*nothing was changed/),
      ]);
    }
  });

  test(
    'of a newer version that works with this one is used: nodes are exchanged one by one',
    { timeout: SLOW },
    async () => {
      const say = (worksWith: string): Promise<unknown> =>
        asAdmin(home.postgresUrl(), (client) =>
          client.query(
            `insert into core.release (version, first_at, works_with) values ('0.1.9', now(), $1)
           on conflict (version) do update set works_with = excluded.works_with`,
            [worksWith],
          ),
        );
      const server = await startEmbedded({ dir: join(home.dataDir, 'postgres'), log: silentLog });
      await say('0.1.0');
      const product = await home.start(['start', '--empty']);
      await say('0.1.5');
      expect(await product.kill('SIGTERM')).toBe(0);
      const { code, stderr } = await home.podlift('start');
      expect([code === 0, stderr]).toEqual([false, expect.stringContaining('made by a newer Podlift')]);
      await server.close();
    },
  );
});
