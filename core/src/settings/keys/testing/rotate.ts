import { systemClock } from '../../../config/index.ts';
import { openDatabase } from '../../../data/index.ts';
import { silentLog } from '../../../telemetry/index.ts';
import { openKeyring, rotateKeys } from '../index.ts';

/** Exchanges the master key in a process of its own, which a drill may kill: `rotate.ts <url> <newest key> <earlier key>`. */
const [url = '', ...keys] = process.argv.slice(2);
const [newest = new Uint8Array(), ...old] = keys.map((key) => new Uint8Array(Buffer.from(key, 'base64')));
const masterKeys = [newest, ...old] as const;
const clock = systemClock;
const database = await openDatabase({ url, dataDir: '', masterKey: newest, oldMasterKeys: old, log: silentLog });
const keyring = await openKeyring({ database, clock, masterKeys });
process.stdout.write('begun\n');
await rotateKeys({ database, clock, keyring, masterKeys });
await database.close();
process.stdout.write('done\n');
