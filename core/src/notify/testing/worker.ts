/** A node of its own for tests that kill it: brings messages to people until it dies. @module */
import { openDatabase } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { reader, wireNotify } from './rooms.ts';

const [, , url = '', key = '', dataDir = '', smtpUrl = ''] = process.argv;
const masterKey = Buffer.from(key, 'base64');
const database = await openDatabase({ url, dataDir, masterKey, log: silentLog });
const { notify, jobs, events } = wireNotify(database, masterKey, { smtpUrl, lockMs: 1000, members: [reader('ada')] });
await notify.start();
await jobs.start();
await events.start();
process.stdout.write('ready\n');
