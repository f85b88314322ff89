import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openGate, type Gate } from './testing/gate.ts';
import { asAdmin, createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { findMissing } from './testing/landed.ts';
import { newBatch, send, startLoad } from './testing/load.ts';
import { runToEnd, untilReady, type Ended } from './testing/product.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };
const SLOW = 120_000;
const START = ['start', '--empty'] as const;

describe('a start that cannot succeed says why', () => {
  let home: Home;
  let database: OwnDatabase;
  let unreachable: Promise<Ended & { ms: number }>;
  beforeAll(async () => {
    home = createHome();
    database = await createDatabase(inject('postgres'));
    // It waits for a while, as it should; meanwhile the other tests run.
    const began = performance.now();
    const env = { ...database.env, DATABASE_URL: 'postgres://podlift:hidden@127.0.0.1:1/podlift' };
    unreachable = runToEnd(home.launch(START, { env })).then((ended) => ({ ...ended, ms: performance.now() - began }));
  });
  afterAll(async () => {
    await home.remove();
    await database.drop();
  });

  test('every wrong variable at once, exit code 2, and nothing is left behind', { timeout: SLOW }, async () => {
    const env = {
      PODLIFT_PORT: 'http',
      PODLIFT_MODE: 'prod',
      DATABASE_URL: 'mysql://root:hidden@localhost/x',
      PODLIFT_MASTER_KEY: 'c2hvcnQ=',
    };
    const { code, stdout, stderr } = await runToEnd(home.launch(START, { env, supervised: true }));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const name of Object.keys(env)) expect(stderr).toMatch(new RegExp(`^  ${name}: .+\\.$`, 'm'));
    expect(stderr).toContain('configuration has 4 problems');
    expect(stderr).not.toMatch(/hidden|c2hvcnQ|^\s+at /m);
    expect(readdirSync(home.dataDir)).toEqual([]);
  });

  test(
    'the port is taken: one sentence, exit code 1, and the embedded database is stopped',
    { timeout: SLOW },
    async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const address = other.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const own = createHome();
      try {
        const { code, stderr } = await runToEnd(own.launch([...START, '--port', String(port)], { supervised: true }));
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(
            new RegExp(`^(.*embedded.*\\n)?Port ${port} on 127\\.0\\.0\\.1 is taken by another process\\. .+\\n$`),
          ),
        });
        expect(own.postgres()).toBeUndefined();
      } finally {
        other.close();
        await own.remove();
      }
    },
  );

  test('the data directory cannot be made: its name and why', { timeout: SLOW }, async () => {
    const file = join(home.dataDir, 'a-file');
    writeFileSync(file, '');
    const inFile = join(file, 'data');
    const own = await runToEnd(home.launch([...START, '--data-dir', inFile]));
    expect(own).toMatchObject({ code: 2, stderr: expect.stringContaining(inFile) });
    // With a key given, the embedded database is the first that needs the folder.
    const keyed = await runToEnd(
      home.launch([...START, '--data-dir', inFile], {
        env: { PODLIFT_MASTER_KEY: randomBytes(32).toString('base64') },
      }),
    );
    expect(keyed.code).toBe(1);
    expect(keyed.stderr).toMatch(
      new RegExp(`${inFile}.*: a file stands where the folder should be\\. Set PODLIFT_DATA_DIR`),
    );
    rmSync(file);
  });

  test(
    'a wrong password for the database: at once, which database, and not the password',
    { timeout: SLOW },
    async () => {
      const wrong = new URL(database.url);
      wrong.password = 'not-this-one';
      const env = { DATABASE_URL: wrong.href, PODLIFT_MASTER_KEY: randomBytes(32).toString('base64') };
      const began = performance.now();
      const { code, stderr } = await runToEnd(home.launch(START, { env }));
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^Podlift could not set up the database 127\.0\.0\.1:\d+\/t_\w+: password authentication failed/,
      );
      expect(stderr).toContain('DATABASE_URL');
      expect(stderr).not.toMatch(/not-this-one|^\s+at /m);
      expect(performance.now() - began).toBeLessThan(25_000);
    },
  );

  test('SIGTERM while it waits for the database ends it at once', { timeout: SLOW }, async () => {
    const product = home.launch(START, {
      env: { ...database.env, DATABASE_URL: 'postgres://podlift@127.0.0.1:1/podlift' },
    });
    await expect.poll(() => product.stdout(), PATIENCE).toContain('The database does not answer; waiting for it');
    expect(await product.kill('SIGTERM')).toBe(0);
  });

  test(
    'a database that does not answer: after half a minute, which one and what to do',
    { timeout: SLOW },
    async () => {
      const { code, stderr, ms } = await unreachable;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^The database 127\.0\.0\.1:1\/podlift did not answer within 30 s \([^()]*ECONNREFUSED[^()]*\)\. Start it, or correct DATABASE_URL\.\n$/,
      );
      expect(ms).toBeLessThan(60_000);
    },
  );
});

describe('the database goes away while it runs', () => {
  let database: OwnDatabase;
  let gate: Gate;
  let home: Home;
  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    gate = await openGate(database.url);
    home = createHome({ ...database.env, DATABASE_URL: gate.through(database.url) });
  });
  afterAll(async () => {
    await home.remove();
    await gate.close();
    await database.drop();
  });

  test('not there at start, away for a while, silent for a while, gone at the end', { timeout: SLOW }, async () => {
    await gate.shut();
    const starting = home.launch(START, { env: { PODLIFT_REQUEST_MS: '4000' } });
    await expect.poll(() => starting.stdout(), PATIENCE).toContain('The database does not answer; waiting for it');
    await gate.open();
    const product = await untilReady(starting);
    await home.ask('tenant', 'create', 'acme');
    const { key } = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'site', '--write')) as {
      key: string;
    };
    const ready = async (): Promise<string> => {
      const response = await fetch(`${product.url}/health/ready`);
      return `${response.status} ${await response.text()}`;
    };

    const load = startLoad(product.url, key);
    await expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThan(10);
    await gate.shut();
    expect(await ready()).toMatch(/^503 .*"database":\{"status":"failing","reason":"\S/);
    expect((await fetch(`${product.url}/health/live`)).status).toBe(200);
    await gate.open();
    const back = load.acknowledged.length;
    await expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThan(back + 10);
    await load.stop();
    expect(new Set(load.statuses.keys())).toEqual(new Set([200, 503]));
    expect(await findMissing(database.url, load.acknowledged)).toEqual([]);
    expect(await ready()).toMatch(/^200 /);

    // No answer is no reason to wait for ever.
    gate.swallow();
    expect(await ready()).toMatch(/^503 .*"database":\{"status":"failing","reason":"No answer within 2000 ms\."/);
    expect((await send(product.url, key, newBatch())).status).toBe(503);
    await gate.shut();
    await gate.open();
    await expect.poll(async () => (await send(product.url, key, newBatch())).status, PATIENCE).toBe(200);

    await gate.shut();
    expect(await product.kill('SIGTERM')).toBe(0);
  });
});

describe('two nodes that start at once', () => {
  /** Both come up whole, every migration ran once, and either can go. */
  async function expectTwo(home: Home, url: () => string): Promise<void> {
    const [one, two] = await Promise.all([home.start(START), home.start(START)]);
    for (const { stdout, stderr, url: at } of [one, two]) {
      expect(stderr()).not.toMatch(/degraded|rror/);
      expect(stdout()).not.toMatch(/"level":"(warn|error)"/);
      expect((await fetch(`${at}/health/ready`)).status).toBe(200);
    }
    const migrated = [one, two].flatMap(({ stdout }) => stdout().match(/"plugin":"[^"]+","migrations"/g) ?? []);
    expect(migrated.length).toBeGreaterThan(2);
    expect(new Set(migrated).size).toBe(migrated.length);
    const ledger = await asAdmin(url(), async (client) => (await client.query<{ many: number }>(LEDGER)).rows);
    expect(ledger).toEqual([]);
    expect(await one.kill('SIGTERM')).toBe(0);
    expect((await fetch(`${two.url}/health/ready`)).status).toBe(200);
    expect(await two.kill('SIGTERM')).toBe(0);
  }
  const LEDGER = `select owner, name, count(*)::int as many from core.migration group by 1, 2 having count(*) > 1`;

  test(
    'on the same empty data directory share one embedded database; the last one stops it',
    { timeout: SLOW },
    async () => {
      const home = createHome();
      try {
        await expectTwo(home, home.postgresUrl);
        expect(home.postgres()).toBeUndefined();
        expect(readdirSync(home.dataDir).filter((name) => name.includes('making'))).toEqual([]);
      } finally {
        await home.remove();
      }
    },
  );

  test('on the same empty DATABASE_URL, each with a data directory of its own', { timeout: SLOW }, async () => {
    const database = await createDatabase(inject('postgres'));
    const home = createHome(database.env);
    try {
      await expectTwo(home, () => database.url);
      expect(existsSync(join(home.dataDir, 'postgres'))).toBe(false);
    } finally {
      await home.remove();
      await database.drop();
    }
  });
});

describe('the disk is full', () => {
  const why = mountable();
  if (why) console.log(`not tested: a full disk (${why})`);

  test.skipIf(why)('at the first start: says so; with space the same folder starts', { timeout: SLOW }, async () => {
    const home = createHome();
    mount(home.dataDir, 24);
    try {
      const { code, stderr } = await runToEnd(home.launch(START));
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /Embedded PostgreSQL could not make its database in .*: the disk is full\. Free some space/,
      );
      expect(
        readdirSync(home.dataDir).filter((name) => name.startsWith('postgres') && name.includes('making')),
      ).toEqual([]);
      mount(home.dataDir, 300, 'remount,');
      const product = await home.start(START);
      await home.ask('tenant', 'create', 'acme');
      const { key } = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'site', '--write')) as {
        key: string;
      };

      // And while it runs: what cannot be kept is not acknowledged, and space is all it needs.
      const load = startLoad(product.url, key);
      await expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThan(10);
      fill(join(home.dataDir, 'filler'));
      await expect.poll(() => load.statuses.get(507) ?? 0, PATIENCE).toBeGreaterThan(0);
      rmSync(join(home.dataDir, 'filler'));
      const back = load.acknowledged.length;
      await expect.poll(() => load.acknowledged.length, PATIENCE).toBeGreaterThan(back + 10);
      await load.stop();
      expect([...load.statuses.keys()].filter((status) => ![200, 507].includes(status))).toEqual([]);
      expect(await findMissing(home.postgresUrl(), load.acknowledged)).toEqual([]);
      expect(await product.kill('SIGTERM')).toBe(0);
    } finally {
      await home.remove().catch(() => undefined);
      execFileSync('umount', ['-l', home.dataDir]);
      await home.remove();
    }
  });

  test.skipIf(why)('or may not be written: says so', { timeout: SLOW }, async () => {
    const home = createHome();
    mount(home.dataDir, 1, 'ro,');
    try {
      const own = await runToEnd(home.launch(START));
      expect(own).toMatchObject({ code: 2, stderr: expect.stringMatching(/master\.key cannot be used: .*read-only/) });
      const env = { PODLIFT_MASTER_KEY: randomBytes(32).toString('base64') };
      const keyed = await runToEnd(home.launch(START, { env }));
      expect(keyed).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('the disk is read-only. Set PODLIFT_DATA_DIR'),
      });
    } finally {
      execFileSync('umount', [home.dataDir]);
      await home.remove();
    }
  });

  /** Why this machine cannot give a folder a small disk; empty when it can. */
  function mountable(): string {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can mount a small one';
    const home = createHome();
    try {
      mount(home.dataDir, 1);
      execFileSync('umount', [home.dataDir]);
      return '';
    } catch {
      return 'this machine does not let root mount one';
    } finally {
      rmSync(join(home.dataDir, '..'), { recursive: true, force: true });
    }
  }

  function mount(dir: string, megabytes: number, how = ''): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${how}size=${megabytes}m,mode=755`, 'tmpfs', dir], { stdio: 'pipe' });
  }

  /** Takes every byte that is left. */
  function fill(file: string): void {
    const handle = openSync(file, 'w');
    try {
      for (const size of [1 << 20, 1 << 12]) {
        const piece = Buffer.alloc(size);
        while (tryWrite(handle, piece));
      }
    } finally {
      closeSync(handle);
    }
  }
});

function tryWrite(handle: number, piece: Uint8Array): boolean {
  try {
    return writeSync(handle, piece) > 0;
  } catch {
    return false;
  }
}
