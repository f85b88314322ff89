import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@podlift/core/telemetry';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmbedded, type EmbeddedServer } from './index.ts';
import { isAlive, underLock } from './lock.ts';

const HOME = join(tmpdir(), `podlift-embedded-${process.pid}`);
let dir: string;
let n = 0;
const open: EmbeddedServer[] = [];

async function start(where = dir): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dir: where, log: silentLog, quick: true, settings: { shared_buffers: '16MB' } });
  open.push(server);
  return server;
}

async function query(server: EmbeddedServer, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url('postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

const kill = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await new Promise((done) => setTimeout(done, 5));
};

beforeEach(() => {
  mkdirSync(HOME, { recursive: true, mode: 0o755 });
  dir = join(HOME, String(++n), 'postgres');
});
afterEach(async () => {
  for (const server of open.splice(0)) await server.close().catch(() => undefined);
});
afterAll(() => rmSync(HOME, { recursive: true, force: true }));

describe('the embedded server', () => {
  test('is made on first use, keeps port and rows over a restart, and listens on this machine only', async () => {
    const first = await start();
    expect(await query(first, 'create table kept as select 1 as n')).toEqual([]);
    const [listens] = (await query(
      first,
      `select current_setting('listen_addresses') as on, current_setting('data_checksums') as sums`,
    )) as { on: string; sums: string }[];
    expect(listens).toEqual({ on: '127.0.0.1', sums: 'on' });
    const url = first.url('postgres');
    await first.close();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(second.url('postgres')).toBe(url);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  test('keeps its password to itself', async () => {
    const server = await start();
    expect(statSync(join(server.dir, 'podlift.json')).mode & 0o077).toBe(0);
    expect(statSync(server.dir).mode & 0o077).toBe(0);
    await expect(
      new pg.Client({ connectionString: server.url('postgres').replace(/:[^:@]+@/, ':wrong@') }).connect(),
    ).rejects.toThrow('password');
  });

  test('does not run as root', async () => {
    const server = await start();
    if (process.platform !== 'linux') return;
    expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0\b/m);
  });

  test('is repaired after kill -9, by a new start', async () => {
    const first = await start();
    await query(first, 'create table kept as select 1 as n');
    open.length = 0;
    await kill(first.pid);
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second, 'select n from kept')).toEqual([{ n: 1 }]);
    await first.close();
  });

  test('comes back by itself when it dies while in use', async () => {
    const server = await start();
    const before = server.pid;
    await kill(before);
    const until = Date.now() + 10_000;
    while (server.pid === before && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('is shared by all who start it at once; the last one stops it', async () => {
    const all = await Promise.all([start(), start(), start()]);
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    await Promise.all(all.map((one) => query(one, 'select 1')));
  });

  test('outlives a host that crashes, and is used again', async () => {
    const script = `
      const { startEmbedded } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
      const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
      const server = await startEmbedded({ dir: ${JSON.stringify(dir)}, log: quiet, quick: true, settings: { shared_buffers: '16MB' } });
      console.log(server.pid);
      setInterval(() => undefined, 1000);`;
    const host = spawn(process.execPath, ['--conditions=@podlift/source', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(
      await new Promise<string>((done) => host.stdout.once('data', (data: Buffer) => done(data.toString()))),
    );
    await kill(host.pid ?? 0);
    expect(isAlive(pid)).toBe(true);
    const server = await start();
    expect(server.pid).toBe(pid);
    await server.close();
    expect(isAlive(pid)).toBe(false);
  });

  test('is not fooled by the number of a dead server that another program has now', async () => {
    const first = await start();
    await first.close();
    writeFileSync(
      join(first.dir, 'postmaster.pid'),
      `${process.pid}\n${first.dir}\n1\n5432\n\n127.0.0.1\n\nready   \n`,
    );
    const second = await start();
    expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('moves to a free port when its own was taken meanwhile', async () => {
    const first = await start();
    const port = Number(new URL(first.url('x')).port);
    await first.close();
    const thief = createServer();
    await new Promise<void>((done) => thief.listen(port, '127.0.0.1', done));
    try {
      const second = await start();
      expect(Number(new URL(second.url('x')).port)).not.toBe(port);
      expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      thief.close();
    }
  });

  test('leaves nothing half-made when making it fails, and the next start succeeds', async () => {
    const parent = join(dir, '..');
    mkdirSync(`${dir}.making-999999999`, { recursive: true });
    writeFileSync(join(`${dir}.making-999999999`, 'PG_VERSION'), '18');
    const server = await start();
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(`${dir}.making-999999999`)).toBe(false);
    expect(existsSync(parent)).toBe(true);
  });
});

describe('a folder that will not do', () => {
  test('that holds something else is left alone', async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'holiday.jpg'), 'x');
    await expect(start()).rejects.toMatchObject({
      code: 'embedded_failed',
      message: expect.stringContaining('is not empty and holds no database'),
    });
    expect(readFileSync(join(dir, 'holiday.jpg'), 'utf8')).toBe('x');
  });

  test('that holds a database of somebody else is left alone', async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'PG_VERSION'), '18');
    await expect(start()).rejects.toThrow('holds a database that Podlift did not make');
  });

  test('that is a file is named', async () => {
    mkdirSync(join(dir, '..', '..'), { recursive: true });
    writeFileSync(join(dir, '..'), 'a file');
    await expect(start()).rejects.toMatchObject({ code: 'embedded_failed', message: expect.stringContaining(dir) });
  });

  test.runIf(process.getuid?.() === 0)(
    'that the other account cannot reach is replaced by one that it can',
    async () => {
      const closed = join(HOME, 'closed');
      mkdirSync(closed, { mode: 0o700 });
      chmodSync(closed, 0o700);
      const server = await start(join(closed, 'data', 'postgres'));
      expect(server.dir.startsWith(closed)).toBe(false);
      expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
      const { dir: really } = server;
      await server.close();
      rmSync(join(really, '..'), { recursive: true, force: true });
    },
  );

  test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'on a full disk says so, and goes on when there is room',
    async () => {
      const small = join(HOME, 'small');
      mkdirSync(small, { mode: 0o755 });
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'tmpfs', small], { stdio: 'ignore' });
      } catch {
        console.log('not tested: a full disk (no right to mount a small one)');
        return;
      }
      try {
        await expect(start(join(small, 'postgres'))).rejects.toThrow('the disk is full');
        execFileSync('mount', ['-o', 'remount,size=200m', small]);
        expect(await query(await start(join(small, 'postgres')), 'select 1 as one')).toEqual([{ one: 1 }]);
      } finally {
        for (const server of open.splice(0)) await server.close();
        execFileSync('umount', ['--lazy', small]);
      }
    },
  );
});

describe('the lock', () => {
  test('lets one in at a time', async () => {
    const file = join(HOME, 'lock');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        underLock(file, async () => {
          most = Math.max(most, ++inside);
          await new Promise((done) => setTimeout(done, 5));
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  test('of a process that died is taken over', async () => {
    const file = join(HOME, 'lock');
    writeFileSync(file, `999999999\n\n${(await import('node:os')).hostname()}\n`);
    expect(await underLock(file, async () => 'in', 2000)).toBe('in');
  });

  test('of a process that lives is waited for, and named in the end', async () => {
    const file = join(HOME, 'lock');
    await underLock(file, async () => {
      await expect(underLock(file, async () => 'in', 100)).rejects.toThrow(file);
    });
  });
});
