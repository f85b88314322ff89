import { createTestDatabase, type TestDatabase } from '@podlift/testkit/postgres';
import type { TestServer } from '@podlift/testkit/postgres';
import { migrations as auditMigrations } from '../../audit/index.ts';
import { createEventBus, migrations as eventMigrations, type EventBus } from '../../events/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createJobs, migrateJobQueues, migrations, type Jobs, type JobsOptions } from '../index.ts';
import { effects } from './effects.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** A node of an installation, in the test's own process. */
export interface TestNode {
  readonly bus: EventBus;
  readonly jobs: Jobs;
  stop(graceMs?: number): Promise<void>;
}

/** One database, perhaps a Redis, and any number of nodes on them. */
export interface TestNodes {
  readonly database: TestDatabase;
  readonly redis: TestRedis | undefined;
  open(options?: Partial<JobsOptions>, beforeStart?: (jobs: Jobs) => Promise<unknown>): Promise<TestNode>;
  /** Stops all nodes that were opened. */
  stopAll(): Promise<void>;
  close(): Promise<void>;
}

/** Makes what nodes share; with `redisProgram` their queues are there. */
export async function createTestNodes(server: TestServer, redisProgram?: string): Promise<TestNodes> {
  const database = await createTestDatabase(server, {
    migrations: [...auditMigrations, ...eventMigrations, ...migrations, effects],
    poolSize: 20,
  });
  await migrateJobQueues(database);
  const redis = redisProgram === undefined ? undefined : await startRedis(redisProgram);
  const nodes: TestNode[] = [];
  const stopAll = async (): Promise<void> => {
    for (const node of nodes.splice(0)) await node.stop();
  };
  return {
    database,
    redis,
    async open(options = {}, beforeStart = async () => undefined) {
      const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 1000 });
      const jobs = createJobs({
        database,
        bus,
        log: silentLog,
        ...(redis && { redisUrl: redis.url }),
        enabledTenants: () => [],
        lockMs: 1500,
        ...options,
      });
      await beforeStart(jobs);
      await jobs.start();
      await bus.start();
      let stopped: Promise<unknown> | undefined;
      const node: TestNode = {
        bus,
        jobs,
        async stop(graceMs = 200) {
          stopped ??= jobs.stop(graceMs).then(() => bus.stop(graceMs));
          await stopped;
        },
      };
      nodes.push(node);
      return node;
    },
    stopAll,
    async close() {
      await stopAll();
      await redis?.stop();
      await database.close();
    },
  };
}
