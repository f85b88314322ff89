/** A node of its own for tests that kill it: works until it dies. @module */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../data/index.ts';
import { createEventBus } from '../../events/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createJobs } from '../index.ts';
import { writeEffect } from './effects.ts';

const [, , url = '', masterKey = '', dataDir = '', redisUrl = ''] = process.argv;
const database = await openDatabase({ url, dataDir, masterKey: Buffer.from(masterKey, 'base64'), log: silentLog });
const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 400 });
const jobs = createJobs({
  database,
  bus,
  log: silentLog,
  ...(redisUrl && { redisUrl }),
  enabledTenants: () => [],
  lockMs: 1000,
});
await jobs.define({
  name: 'test/slow',
  attempts: 20,
  run: async (_data, context) => {
    await sleep(60);
    await writeEffect(database, context, () => sleep(20));
  },
});
await jobs.start();
await bus.start();
process.stdout.write('ready\n');
