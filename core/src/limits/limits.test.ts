import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLimits, type Limits } from './index.ts';

const WINDOW = { points: 50, seconds: 60 };
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis && process.env['CI']) throw new Error('CI needs redis-server on the PATH for the tests of limits.');
if (!hasRedis) console.warn('skipped: limits on Redis, because redis-server is not on the PATH');

describe.each(['memory', ...(hasRedis ? ['redis'] : [])])('limits in %s', (store) => {
  let limits: Limits;
  let server: ChildProcess | undefined;
  let redis: Redis | undefined;

  beforeAll(async () => {
    if (store === 'redis') ({ server, redis } = await startRedis());
    limits = createLimits(redis ? { redis } : {});
  });
  afterAll(async () => {
    redis?.disconnect();
    if (server) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
  });

  test('let exactly so many through, however many ask at once', async () => {
    const taken = await Promise.all(Array.from({ length: 200 }, () => limits.take('a', WINDOW)));
    expect(taken.filter((one) => one.allowed)).toHaveLength(50);
    expect(taken.at(-1)).toMatchObject({ allowed: false, limit: 50, remaining: 0 });
  });

  test('count keys and windows apart', async () => {
    await limits.take('b', { points: 1, seconds: 60 });
    expect((await limits.take('b', { points: 1, seconds: 60 })).allowed).toBe(false);
    expect((await limits.take('b', { points: 1, seconds: 30 })).allowed).toBe(true);
    expect((await limits.take('c', { points: 1, seconds: 60 })).allowed).toBe(true);
  });

  test('look without taking, and forget', async () => {
    const window = { points: 2, seconds: 60 };
    await limits.take('d', window);
    expect(await limits.peek('d', window)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await limits.peek('d', window)).toMatchObject({ remaining: 1 });
    await limits.take('d', window);
    expect((await limits.peek('d', window)).allowed).toBe(false);
    await limits.reset('d', window);
    expect((await limits.peek('d', window)).remaining).toBe(2);
  });

  test('begin anew after the window', async () => {
    const window = { points: 1, seconds: 1 };
    await limits.take('e', window);
    expect((await limits.take('e', window)).allowed).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await limits.take('e', window)).allowed).toBe(true);
  });

  test('say what was too much and how long to wait', async () => {
    const window = { points: 1, seconds: 60 };
    await limits.ensure('f', window, 'sign-in attempts');
    await expect(limits.ensure('f', window, 'sign-in attempts')).rejects.toMatchObject({
      code: 'limits.exceeded',
      kind: 'limit',
      message: expect.stringMatching(/^Too many sign-in attempts; try again in \d+ s\.$/),
      details: { policy: 'sign-in attempts', limit: 1, windowSeconds: 60, retryAfterSeconds: expect.any(Number) },
    });
  });
});

test('nobody is told to wait longer than the window when the clock is set back', async () => {
  const limits = createLimits({});
  const window = { points: 1, seconds: 60 };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3600_000 });
  try {
    await limits.take('k', window);
    vi.setSystemTime(Date.now() - 3600_000);
    expect(await limits.take('k', window)).toMatchObject({ allowed: false, resetSeconds: 60 });
  } finally {
    vi.useRealTimers();
  }
});

test.runIf(hasRedis)('two processes count together in Redis, and alone while it is away', async () => {
  const { server, redis } = await startRedis();
  const second = redis.duplicate();
  second.on('error', () => undefined);
  try {
    const window = { points: 10, seconds: 60 };
    const [a, b] = [createLimits({ redis }), createLimits({ redis: second })];
    const taken = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? a : b).take('x', window)));
    expect(taken.filter((one) => one.allowed)).toHaveLength(10);
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect((await a.take('y', { points: 1, seconds: 60 })).allowed).toBe(true);
    expect((await a.take('y', { points: 1, seconds: 60 })).allowed).toBe(false);
  } finally {
    redis.disconnect();
    second.disconnect();
    server.kill('SIGKILL');
  }
});

test.runIf(hasRedis)('of two processes that ask 200 times at once, exactly 50 are let through', async () => {
  const { server, redis, port } = await startRedis();
  try {
    const script = join(import.meta.dirname, 'testing/taker.ts');
    const take = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const args = ['--conditions=@podlift/source', script, String(port), '100', String(WINDOW.points)];
        execFile(process.execPath, args, (error, stdout) => (error ? reject(error) : resolve(Number(stdout))));
      });
    const [one, other] = await Promise.all([take(), take()]);
    expect(one + other).toBe(50);
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
  }
});

test.runIf(hasRedis)(
  'while Redis is away nobody waits for it, and when it is back all count together again',
  async () => {
    const { server, redis, port } = await startRedis();
    const second = redis.duplicate();
    const said: string[] = [];
    const log = {
      warn: (_: object, text: string) => void said.push(text),
      info: (_: object, text: string) => void said.push(text),
    };
    const [a, b] = [createLimits({ redis, log }), createLimits({ redis: second })];
    const window = { points: 3, seconds: 60 };
    let again: ChildProcess | undefined;
    try {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await new Promise((go) => setTimeout(go, 100));
      const began = performance.now();
      const alone = await Promise.all([1, 2, 3, 4].flatMap(() => [a.take('z', window), b.take('z', window)]));
      expect(alone.filter(({ allowed }) => allowed)).toHaveLength(6);
      expect(performance.now() - began).toBeLessThan(200);
      again = spawnRedis(port);
      while (redis.status !== 'ready' || second.status !== 'ready') await new Promise((go) => setTimeout(go, 20));
      const together = await Promise.all([1, 2, 3, 4].flatMap(() => [a.take('w', window), b.take('w', window)]));
      expect(together.filter(({ allowed }) => allowed)).toHaveLength(3);
      expect(said.map((text) => text.slice(0, 14))).toEqual(['Redis is away:', 'Redis is back:']);
    } finally {
      redis.disconnect();
      second.disconnect();
      again?.kill('SIGKILL');
    }
  },
);

const spawnRedis = (port: number): ChildProcess =>
  spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });

async function startRedis(): Promise<{ server: ChildProcess; redis: Redis; port: number }> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  probe.close();
  await once(probe, 'close');
  const server = spawnRedis(port);
  const redis = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: 20,
    retryStrategy: () => 50,
    enableOfflineQueue: true,
  });
  redis.on('error', () => undefined);
  await redis.ping();
  redis.options.maxRetriesPerRequest = 1;
  return { server, redis, port };
}
