import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { tenantEntity } from '@podlift/sdk/sql';
import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createIngester, migrateOwner, openDatabase, type Database } from './index.ts';
import { shop } from './testing/shop.ts';

const PGBOUNCER = inject('programs').pgbouncer;
const HOME = join(tmpdir(), `podlift-pgbouncer-${process.pid}`);
const role = 'p_test_shop';
/** Fewer than the transactions at once, so that they share connections. */
const SERVER_CONNECTIONS = 3;

let behind: TestDatabase;
let database: Database;
let bouncer: ChildProcess;

describe.runIf(PGBOUNCER)('behind PgBouncer in transaction mode', () => {
  beforeAll(async () => {
    behind = await createTestDatabase(inject('postgres'));
    const port = await startPgbouncer(PGBOUNCER ?? '', behind);
    const url = new URL(behind.adminUrl);
    url.port = String(port);
    database = await openDatabase({ ...behind.options, url: url.href, directUrl: behind.adminUrl, poolSize: 20 });
    await migrateOwner(database, shop);
  });
  afterAll(async () => {
    await database?.close();
    bouncer?.kill('SIGINT');
    await behind?.close();
    rmSync(HOME, { recursive: true, force: true });
  });

  test('200 transactions at once on three connections never mix, whatever the role', async () => {
    const tenants = await Promise.all(Array.from({ length: 8 }, () => behind.newTenant()));
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const tenant = tenants[i % tenants.length] ?? '';
        return database.withTenant({ tenant, role }, async (tx) => {
          await tx.execute(
            'insert into customer (tenant_id, id, name) values ($1, $2, $3)',
            [tenant, uuidv7(), `n${i}`],
            'bouncer.insert',
          );
          const rows = await tx.query<{ tenant_id: string }>('select tenant_id from customer', [], 'bouncer.select');
          return rows.length > 0 && rows.every((row) => row.tenant_id === tenant);
        });
      }),
    );
    expect(answers.every(Boolean)).toBe(true);
    const [servers] = await behind.admin<{ n: string }>(
      `select count(*) as n from pg_stat_activity where usename = 'podlift_runtime' and datname = current_database()`,
    );
    expect(Number(servers?.n)).toBeLessThanOrEqual(SERVER_CONNECTIONS);
  });

  test('leaves no tenant and no role on a connection', async () => {
    const tenant = await behind.newTenant();
    await Promise.all(
      Array.from({ length: 6 }, () => database.withTenant({ tenant, role }, (tx) => tx.query('select pg_sleep(0.01)'))),
    );
    const rows = await Promise.all(
      Array.from({ length: 6 }, () =>
        database.query(
          `select current_user::text as who, coalesce(current_setting('podlift.tenant_id', true), '') as tenant`,
        ),
      ),
    );
    for (const row of rows.flat()) expect(row).toEqual({ who: 'podlift_runtime', tenant: '' });
    await expect(database.query('select * from p_test_shop.customer')).rejects.toThrow(
      /permission denied|podlift.tenant_id|uuid/,
    );
  });

  test('the search path of core stands in the role', async () => {
    expect(await database.query('select count(*) as n from tenants')).toHaveLength(1);
  });

  test('MikroORM, savepoints, lazy transactions and ingest work as without it', async () => {
    const tenant = await behind.newTenant();
    const Customer = tenantEntity({
      name: 'Customer',
      tableName: 'customer',
      properties: (p) => ({ id: p.uuid().primary(), name: p.text() }),
    });
    database.registerEntities(role, [Customer]);
    const work = database.lazyTransaction({ tenant, role });
    await work.run(async (tx) => {
      const em = await tx.em();
      em.create(Customer, { tenantId: tenant, id: uuidv7(), name: 'orm' });
      await em.flush();
      await tx.savepoint(() => tx.query('select 1 / 0')).catch(() => undefined);
    });
    await work.commit();
    expect(await database.withTenant({ tenant, role }, async (tx) => (await tx.em()).count(Customer))).toBe(1);
    const hits = createIngester(database, {
      schema: role,
      name: 'hits',
      columns: { ids: 'uuid', kinds: 'text', notes: 'text' },
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => hits.add(tenant, { ids: [uuidv7()], kinds: ['x'], notes: [null] })),
    );
    expect(answers.flat()).toEqual(Array.from({ length: 50 }, () => true));
    await hits.close();
  });
});

/** Runs PgBouncer with the roles' derived passwords in its user list. It refuses root, so root starts it as `nobody`. */
async function startPgbouncer(program: string, target: TestDatabase): Promise<number> {
  const port = await freePort();
  const to = new URL(target.adminUrl);
  const users = (['owner', 'runtime', 'auth', 'ingest', 'jobs', 'system'] as const).map((name) => {
    const { username, password } = new URL(target.url(name));
    return `"${username}" "${decodeURIComponent(password)}"`;
  });
  mkdirSync(HOME, { recursive: true, mode: 0o755 });
  writeFileSync(join(HOME, 'users.txt'), [...users, `"postgres" "${decodeURIComponent(to.password)}"`].join('\n'));
  writeFileSync(
    join(HOME, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${to.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(HOME, 'users.txt')}
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
max_client_conn = 200
`,
  );
  const account = process.getuid?.() === 0 ? nobody() : {};
  if (account.uid !== undefined)
    for (const file of ['', 'users.txt', 'pgbouncer.ini']) chownSync(join(HOME, file), account.uid, account.gid ?? 0);
  bouncer = spawn(program, ['-q', join(HOME, 'pgbouncer.ini')], { ...account, stdio: 'ignore' });
  const until = Date.now() + 10_000;
  for (;;) {
    const client = new pg.Client({ connectionString: target.url('runtime').replace(/:\d+\//, `:${port}/`) });
    try {
      await client.connect();
      await client.end();
      return port;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

function nobody(): { uid?: number; gid?: number } {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  return entry ? { uid: Number(entry[2]), gid: Number(entry[3]) } : {};
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
