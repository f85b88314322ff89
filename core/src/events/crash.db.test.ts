import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTestDatabase,
  startTestServer,
  type RunningTestServer,
  type TestDatabase,
} from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../telemetry/index.ts';
import { appendEvents, createEventBus, migrations } from './index.ts';
import { effects, effectsOf, happened, range, writeEffects } from './testing/effects.ts';
import { killServer } from './testing/kill-server.ts';

describe('kill -9 of a worker', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
  });
  afterAll(() => database.close());

  it('between effect and commit leaves each effect exactly once, in order', async () => {
    const tenants = await Promise.all(range(0, 3).map(() => database.newTenant()));
    const subscriber = 'test/killed';
    let appended = 0;
    const enough = new AbortController();
    const appending = (async () => {
      while (!enough.signal.aborted) {
        for (const tenant of tenants) {
          await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(appended), happened(appended + 1)]));
        }
        appended += 2;
        await sleep(5);
      }
    })();
    for (const life of [250, 120, 400, 180, 300]) {
      const worker = await startWorker(database, subscriber);
      await sleep(life);
      worker.kill('SIGKILL');
      await once(worker, 'exit');
    }
    enough.abort();
    await appending;
    const last = await startWorker(database, subscriber);
    for (const tenant of tenants) {
      await expect
        .poll(() => effectsOf(database, tenant, subscriber).then(({ length }) => length), { timeout: 40_000 })
        .toBe(appended);
      expect(await effectsOf(database, tenant, subscriber)).toEqual(range(0, appended));
    }
    last.kill('SIGKILL');
    await once(last, 'exit');
  }, 90_000);
});

describe('a worker that is killed while it replays', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
  });
  afterAll(() => database.close());

  it('goes on where it was: each event once more, and not one twice', async () => {
    const tenant = await database.newTenant();
    const subscriber = 'test/replayed';
    const count = 400;
    await database.withTenant({ tenant }, (tx) =>
      appendEvents(
        tx,
        range(0, count).map((n) => happened(n)),
      ),
    );
    const counted = (): Promise<number> => effectsOf(database, tenant, subscriber).then(({ length }) => length);
    const first = await startWorker(database, subscriber);
    await expect.poll(counted, { timeout: 30_000 }).toBe(count);
    const asker = createEventBus({ database, log: silentLog });
    // The cursor follows a moment later, and a replay brings nothing that lies behind it.
    await expect
      .poll(() => asker.subscribers().then((all) => all.find(({ id }) => id === subscriber)?.behind), { timeout: 5000 })
      .toBe(0);
    const { id } = await asker.replays.start(tenant, { subscriber, actor: 'test' });
    let worker = first;
    for (const life of [500, 350, 600]) {
      await sleep(life);
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      worker = await startWorker(database, subscriber);
    }
    await expect.poll(() => asker.replays.get(tenant, id).then(({ state }) => state), { timeout: 60_000 }).toBe('done');
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const all = await effectsOf(database, tenant, subscriber);
    expect(all.slice(count)).toEqual(range(0, count));
    expect(await asker.replays.get(tenant, id)).toMatchObject({ handled: count, total: count, failed: 0 });
    await asker.stop(0);
  }, 120_000);
});

describe('a process that slept', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(inject('postgres'), { migrations: [...migrations, effects] });
  });
  afterAll(() => database.close());

  it.each([
    ['before its transactions began', 60, 0],
    ['in the middle of its transactions', 0, 60],
  ])(
    '%s finds its slots with another and applies nothing twice',
    async (when, before, within) => {
      const tenants = await Promise.all(range(0, 3).map(() => database.newTenant()));
      const subscriber = `test/slept ${when}`;
      for (const tenant of tenants)
        await database.withTenant({ tenant }, (tx) =>
          appendEvents(
            tx,
            range(0, 60).map((n) => happened(n)),
          ),
        );
      const sleeper = await startWorker(database, subscriber, before, within);
      await once(sleeper.stdout ?? sleeper, 'data');
      await sleep(100);
      sleeper.kill('SIGSTOP');
      const other = await startWorker(database, subscriber);
      // Its leases run out; what it has locked is waited for.
      await sleep(1500);
      sleeper.kill('SIGCONT');
      for (const tenant of tenants)
        await expect.poll(() => effectsOf(database, tenant, subscriber), { timeout: 30_000 }).toEqual(range(0, 60));
      await sleep(500);
      for (const tenant of tenants) expect(await effectsOf(database, tenant, subscriber)).toEqual(range(0, 60));
      for (const worker of [sleeper, other]) {
        worker.kill('SIGKILL');
        await once(worker, 'exit');
      }
    },
    60_000,
  );
});

describe('kill -9 of PostgreSQL under load', () => {
  let server: RunningTestServer;
  let database: TestDatabase;
  beforeAll(async () => {
    server = await startTestServer({ durable: true });
    database = await createTestDatabase(server, { migrations: [...migrations, effects] });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it('loses no acknowledged event and delivers none twice', async () => {
    const tenants = await Promise.all(range(0, 4).map(() => database.newTenant()));
    const id = 'test/survivor';
    const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 600 });
    await bus.register({
      id,
      types: ['test.happened@1'],
      mode: 'batch',
      deliver: (delivery) => writeEffects(database, id, delivery),
    });
    await bus.start();
    const acknowledged = new Map(tenants.map((tenant) => [tenant, [] as number[]]));
    let next = 0;
    const enough = new AbortController();
    const append = async (tenant: string): Promise<void> => {
      while (!enough.signal.aborted) {
        const value = next++;
        try {
          await database.withTenant({ tenant }, (tx) => appendEvents(tx, [happened(value)]));
          acknowledged.get(tenant)?.push(value);
          bus.wake();
        } catch {
          await sleep(20);
        }
      }
    };
    const appending = tenants.flatMap((tenant) => [append(tenant), append(tenant)]);
    for (const _ of range(0, 2)) {
      await sleep(600);
      const before = next;
      killServer(server.embedded.pid);
      await sleep(100);
      await server.embedded.ensure();
      await expect.poll(() => next, { timeout: 40_000 }).toBeGreaterThan(before + 50);
    }
    enough.abort();
    await Promise.all(appending);
    await bus.drain();
    await bus.stop();
    for (const [tenant, values] of acknowledged) {
      expect(values.length).toBeGreaterThan(20);
      const seen = await effectsOf(database, tenant, id);
      expect(new Set(seen).size).toBe(seen.length);
      expect(values.filter((value) => !seen.includes(value))).toEqual([]);
    }
  }, 90_000);
});

async function startWorker({ options }: TestDatabase, subscriber: string, ...pauses: number[]): Promise<ChildProcess> {
  const script = new URL('./testing/worker.ts', import.meta.url).pathname;
  const key = Buffer.from(options.masterKey).toString('base64');
  const args = [
    '--conditions=@podlift/source',
    script,
    options.url ?? '',
    key,
    options.dataDir,
    subscriber,
    ...pauses.map(String),
  ];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (worker.stdout) await once(worker.stdout, 'data');
  return worker;
}
