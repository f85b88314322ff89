import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { masterKeyId, systemClock } from '../../config/index.ts';
import { migrations as dataMigrations, migrateOwner, openDatabase, type Database } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { startTestServer, type RunningTestServer } from '@podlift/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSecrets } from '../secrets.ts';
import { migrations } from '../migrations.ts';
import { openKeyring, rotateKeys, verifyKeys, type Keyring } from './index.ts';

const [first, second, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const clock = systemClock;
const TENANT = '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e';
type Keys = readonly [Uint8Array, ...Uint8Array[]];

interface Node {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly masterKeys: Keys;
  close(): Promise<void>;
}

let server: RunningTestServer;
let url: string;

/** A node as the product boots one: its own pools, its own keys. */
async function startNode(...masterKeys: Keys): Promise<Node> {
  const [masterKey, ...oldMasterKeys] = masterKeys;
  const database = await openDatabase({ url, dataDir: '', masterKey, oldMasterKeys, log: silentLog, poolSize: 3 });
  try {
    await migrateOwner(database, { owner: 'core', schema: 'core', migrations: [...dataMigrations, ...migrations] });
    const keyring = await openKeyring({ database, clock, masterKeys });
    const stop = keyring.start();
    return {
      database,
      keyring,
      masterKeys,
      async close() {
        await stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
const secretsOf = ({ database, keyring }: Node) => createSecrets({ database, clock, sealer: keyring.sealer });
const rotate = (node: Node) => rotateKeys({ ...node, clock });
const verify = (node: Node) => verifyKeys({ ...node, clock });

beforeAll(async () => {
  server = await startTestServer();
  const made = new URL(server.url);
  made.pathname = `/${server.template}`;
  url = made.href;
});
afterAll(() => server.stop());

describe('an exchange of the master key', () => {
  let node: Node;
  let newest: Uint8Array = third;

  test('needs nothing to be known before the first start', async () => {
    // The test server's roles have passwords of another key, and no keyring says that it is in use.
    node = await startNode(first);
    expect(node.keyring.active).toBe(masterKeyId(first));
    await node.database.system('test', (tx) =>
      tx.execute(`insert into core.tenants (id, slug, name) values ($1, 'a', 'A')`, [TENANT]),
    );
    for (let n = 0; n < 250; n++) await secretsOf(node).put(TENANT, 'acme.ads', `s${n}`, `value ${n}`, 'test');
    expect(await verify(node)).toMatchObject({ ok: true, sealed: { secrets: { [masterKeyId(first)]: 250 } } });
  });

  test('is refused while a running node does not know the new key, and changes nothing', async () => {
    const newer = await startNode(second, first);
    expect(newer.keyring.active).toBe(masterKeyId(first));
    await expect(rotate(newer)).rejects.toMatchObject({ code: 'keys.nodes_behind' });
    expect(await verify(newer)).toMatchObject({ ok: false, active: masterKeyId(first) });
    expect(await secretsOf(node).get(TENANT, 'acme.ads', 's1')).toBe('value 1');
    await newer.close();
  });

  test('goes on while two nodes work: nothing fails, nothing is left, sessions and links stay good', async () => {
    const derived = Buffer.from(node.keyring.derive('podlift/auth/v1')).toString('hex');
    await node.close();
    const nodes = [await startNode(second, first), await startNode(second, first)] as const;
    const going = new AbortController();
    const failures: unknown[] = [];
    const work = nodes.map(async (one, who) => {
      const secrets = secretsOf(one);
      for (let n = 0; !going.signal.aborted; n++) {
        try {
          await secrets.put(TENANT, 'acme.live', `n${who}-${n % 20}`, `live ${n}`, 'test');
          expect(await secrets.get(TENANT, 'acme.live', `n${who}-${n % 20}`)).toBe(`live ${n}`);
          expect(await secrets.get(TENANT, 'acme.ads', `s${n % 250}`)).toBe(`value ${n % 250}`);
          // A connection of its own each time: passwords change under it.
          await one.database
            .pool('runtime')
            .connect()
            .then((client) => client.release(true));
        } catch (error) {
          failures.push(error);
        }
      }
    });
    const done = await rotate(nodes[0]);
    going.abort();
    await Promise.all(work);
    expect(failures).toEqual([]);
    expect(done).toMatchObject({ from: masterKeyId(first), to: masterKeyId(second) });
    expect(done.roles).toHaveLength(6);
    const report = await verify(nodes[1]);
    expect(report).toMatchObject({ ok: true, unreadable: [], unneeded: [masterKeyId(first)] });
    expect(Object.keys(report.sealed['secrets'] ?? {})).toEqual([masterKeyId(second)]);
    await Promise.all(nodes.map((one) => one.close()));

    node = await startNode(second);
    expect(await secretsOf(node).get(TENANT, 'acme.ads', 's249')).toBe('value 249');
    expect(Buffer.from(node.keyring.derive('podlift/auth/v1')).toString('hex')).toBe(derived);
    await node.close();
  });

  test('shuts nobody out: a node with a key that is not known may not set passwords', async () => {
    await expect(startNode(third)).rejects.toMatchObject({
      code: 'master_key_unknown',
      message: expect.stringContaining('PODLIFT_MASTER_KEYS_OLD'),
    });
    node = await startNode(second);
    expect(await verify(node)).toMatchObject({ ok: true });
    await node.close();
  });

  test('that was broken off at any point goes on with what is left', async () => {
    node = await startNode(third, second);
    for (let tries = 1; tries <= 4; tries++) {
      let steps = 0;
      const broken = rotateKeys({
        ...node,
        clock,
        // Breaks off after the key was made active, in the middle of the secrets, and before the passwords.
        progress: () => {
          if (++steps === tries) throw new Error('killed');
        },
      });
      await expect(broken).rejects.toThrow('killed');
      expect(await secretsOf(node).get(TENANT, 'acme.ads', 's7')).toBe('value 7');
    }
    await rotate(node);
    expect(await verify(node)).toMatchObject({ ok: true, unneeded: [masterKeyId(second)] });
    await node.close();
    node = await startNode(third);
    expect(await secretsOf(node).get(TENANT, 'acme.ads', 's7')).toBe('value 7');
    await node.close();
  });

  test('survives a kill -9 of who exchanges it, wherever it comes', async () => {
    const fourth = randomBytes(32);
    const script = fileURLToPath(new URL('./testing/rotate.ts', import.meta.url));
    const args = ['--conditions=@podlift/source', script, url, ...[fourth, third].map((key) => key.toString('base64'))];
    let kills = 0;
    // Each time a little later, until one gets to its end.
    for (let delay = 0; ; delay += 15) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (text.includes('begun')) setTimeout(() => child.kill('SIGKILL'), delay);
      });
      await once(child, 'exit');
      if (said.includes('done')) break;
      kills++;
      node = await startNode(fourth, third);
      for (const n of [0, 120, 249]) expect(await secretsOf(node).get(TENANT, 'acme.ads', `s${n}`)).toBe(`value ${n}`);
      await node.close();
    }
    expect(kills).toBeGreaterThan(2);
    node = await startNode(fourth);
    expect(await verify(node)).toMatchObject({ ok: true, unreadable: [] });
    for (let n = 0; n < 250; n++) expect(await secretsOf(node).get(TENANT, 'acme.ads', `s${n}`)).toBe(`value ${n}`);
    await node.close();
    newest = fourth;
  }, 120_000);

  test('tells of a secret that does not open', async () => {
    node = await startNode(newest);
    await node.database.system('spoil', (tx) => tx.execute(`update core.secret set name = 'moved' where name = 's1'`));
    expect(await verify(node)).toMatchObject({
      ok: false,
      unreadable: [{ tenant: TENANT, owner: 'acme.ads', name: 'moved' }],
    });
    await node.close();
  });
});
