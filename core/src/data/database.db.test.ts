import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import {
  createTestDatabase,
  startTestServer,
  type RunningTestServer,
  type TestDatabase,
} from '@podlift/testkit/postgres';
import { silentLog, type Log } from '@podlift/core/telemetry';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate, migrations, openDatabase, type DatabaseOptions } from './index.ts';

const options = (more: Partial<DatabaseOptions> & { url: string }): DatabaseOptions => ({
  dataDir: tmpdir(),
  masterKey: randomBytes(32),
  log: silentLog,
  ...more,
});

/** A log that keeps its lines. */
function keepingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: object | string, message?: string) =>
    void lines.push(`${message ?? ''} ${JSON.stringify(fields)}`);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return { log, lines };
}

describe('opening a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(inject('postgres'));
  });
  afterAll(() => database?.close());

  test('that is ready is quick, and tells its version', async () => {
    const again = await openDatabase(database.options);
    expect(again.version).toMatch(/^18\./);
    expect(again.embedded).toBe(false);
    expect(await again.ping()).toBeGreaterThan(0);
    await again.close();
  });

  test('whose server does not answer gives up with a sentence that hides the password', async () => {
    const { log, lines } = keepingLog();
    const url = 'postgres://podlift:topsecret@127.0.0.1:1/podlift';
    const error = await openDatabase(options({ url, log, startTimeoutMs: 600 })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('127.0.0.1:1/podlift did not answer within 1 s'),
    });
    expect(lines.filter((line) => line.includes('does not answer; waiting'))).toHaveLength(1);
    expect(`${String(error)} ${lines.join()}`).not.toContain('topsecret');
  });

  test('that comes up a little later waits for it', async () => {
    const target = new URL(database.adminUrl);
    const gate = await closedGate(target);
    const url = new URL(target);
    url.port = String(gate.port);
    const opening = openDatabase({ ...database.options, url: url.href, startTimeoutMs: 10_000 });
    await new Promise((done) => setTimeout(done, 300));
    const server = await gate.open();
    const opened = await opening;
    expect(await opened.query('select 1 as one')).toEqual([{ one: 1 }]);
    await opened.close();
    server.close();
  });

  test('with a user that may not set it up says what the user needs', async () => {
    await database.admin(`create role visitor login password 'x'`);
    await database.admin('grant connect on database ' + database.name + ' to visitor');
    const url = new URL(database.adminUrl);
    url.username = 'visitor';
    url.password = 'x';
    try {
      await expect(openDatabase(options({ url: url.href }))).rejects.toMatchObject({
        code: 'database_setup',
        message: expect.stringContaining('be allowed to make roles'),
      });
    } finally {
      await database.admin('drop owned by visitor; drop role visitor');
    }
  });

  test('that does not exist says so', async () => {
    const url = new URL(database.adminUrl);
    url.pathname = '/nowhere';
    await expect(openDatabase(options({ url: url.href }))).rejects.toMatchObject({
      code: 'database_setup',
      message: expect.stringContaining('"nowhere" does not exist'),
    });
  });
});

describe('roles', () => {
  // Roles belong to the server, so these tests have one of their own.
  let server: RunningTestServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startTestServer();
    database = await createTestDatabase(server);
  });
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  });

  test.each([
    [
      'alter role podlift_runtime superuser',
      'alter role podlift_runtime nosuperuser',
      'podlift_runtime is a superuser',
    ],
    [
      'alter role podlift_ingest bypassrls',
      'alter role podlift_ingest nobypassrls',
      'podlift_ingest may bypass row-level security',
    ],
    [
      'alter role podlift_runtime createrole',
      'alter role podlift_runtime nocreaterole',
      'podlift_runtime may make roles',
    ],
    [
      'create table core.mine (); alter table core.mine owner to podlift_runtime',
      'drop table core.mine',
      'podlift_runtime owns core.mine',
    ],
    [
      'grant podlift_owner to podlift_runtime',
      'revoke podlift_owner from podlift_runtime',
      'podlift_runtime is a member of podlift_owner',
    ],
    [
      'grant pg_read_all_data to podlift_system',
      'revoke pg_read_all_data from podlift_system',
      'podlift_system is a member of pg_read_all_data',
    ],
  ])('with too many rights refuse the start in production: %s', async (spoil, mend, sentence) => {
    await database.admin(spoil);
    try {
      await expect(openDatabase({ ...database.options, production: true })).rejects.toMatchObject({
        code: 'database_roles',
        message: expect.stringContaining(sentence),
      });
      const { log, lines } = keepingLog();
      await (await openDatabase({ ...database.options, log })).close();
      expect(lines.join()).toContain(sentence);
    } finally {
      await database.admin(mend);
    }
    await (await openDatabase({ ...database.options, production: true })).close();
  });

  test('get new passwords when the master key changes', async () => {
    const rotated = await openDatabase({ ...database.options, masterKey: randomBytes(32) });
    expect(await rotated.query('select 1 as one')).toEqual([{ one: 1 }]);
    await rotated.close();
    await (await openDatabase(database.options)).close();
  });

  test('keep their passwords out of the statements that set them', async () => {
    const password = new URL(database.url('runtime')).password;
    const [row] = await database.admin<{ secret: string }>(
      `select rolpassword as secret from pg_authid where rolname = 'podlift_runtime'`,
    );
    expect(row?.secret).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(row?.secret).not.toContain(password);
  });

  test('can be made by an administrator who is no superuser, as managed databases have it', async () => {
    const own = await startTestServer();
    try {
      const admin = new pg.Client({ connectionString: own.url });
      await admin.connect();
      // A server that has never seen Podlift.
      await admin.query(`drop database ${own.template}`);
      const { rows } = await admin.query<{ name: string }>(
        `select rolname as name from pg_roles where rolname like 'podlift\\_%'`,
      );
      await admin.query(rows.map(({ name }) => `drop role ${name}`).join(';'));
      await admin.query(`create role manager login createrole createdb password 'm'`);
      await admin.query('create database managed owner manager');
      await admin.end();
      const url = new URL(own.url);
      url.username = 'manager';
      url.password = 'm';
      url.pathname = '/managed';
      const opened = await openDatabase(options({ url: url.href, production: true }));
      const [result] = await migrate(opened, [{ owner: 'core', schema: 'core', migrations }]);
      expect(result?.error).toBeUndefined();
      expect(await opened.query('select count(*) as n from core.tenants')).toEqual([{ n: 0 }]);
      expect(
        await opened.system('test', (tx) =>
          tx.execute(`insert into core.tenants (id, slug, name) values (uuidv7(), 'a', 'A')`),
        ),
      ).toBe(1);
      await opened.close();
    } finally {
      await own.stop();
    }
  });
});

/** A port that refuses connections until it is opened; then it passes them on. */
async function closedGate(target: URL): Promise<{ port: number; open(): Promise<Server> }> {
  const { connect } = await import('node:net');
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((done) => probe.close(done));
  return {
    port,
    async open() {
      const server = createServer((from) => {
        const to = connect(Number(target.port), '127.0.0.1');
        from.pipe(to).pipe(from);
        for (const socket of [from, to]) socket.on('error', () => undefined);
      });
      await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
      return server;
    },
  };
}
