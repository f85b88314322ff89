/** A node of its own for tests that kill it: delivers until it dies. @module */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createEventBus } from '../index.ts';
import { writeEffects } from './effects.ts';

const [, , url = '', masterKey = '', dataDir = '', subscriber = ''] = process.argv;
const database = await openDatabase({ url, dataDir, masterKey: Buffer.from(masterKey, 'base64'), log: silentLog });
const bus = createEventBus({ database, log: silentLog, pollMs: 50, leaseMs: 400 });
await bus.register({
  id: subscriber,
  types: ['test.happened@1'],
  mode: 'batch',
  batchSize: 3,
  from: 'earliest',
  // Time to be killed in, before and after the effects are written.
  deliver: async (delivery) => {
    await sleep(2);
    await writeEffects(database, subscriber, delivery, () => sleep(3));
  },
});
await bus.start();
process.stdout.write('ready\n');
