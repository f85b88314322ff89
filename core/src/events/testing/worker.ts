/** A node of its own for tests that kill or stop it: delivers until it dies. @module */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createEventBus } from '../index.ts';
import { writeEffects } from './effects.ts';

const [, , url = '', masterKey = '', dataDir = '', subscriber = '', beforeMs = '2', withinMs = '3'] = process.argv;
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
    process.stdout.write(`${delivery.replay ? 'replaying' : 'delivering'}\n`);
    await sleep(Number(beforeMs));
    await writeEffects(database, subscriber, delivery, () => sleep(Number(withinMs)));
  },
});
await bus.start();
process.stdout.write('ready\n');
