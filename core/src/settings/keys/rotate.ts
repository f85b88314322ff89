import { setTimeout as sleep } from 'node:timers/promises';
import { masterKeyId, type Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import { KeysError } from './errors.ts';
import { activate } from './activate.ts';
import { NODE_GONE_MS, type Keyring } from './keyring.ts';
import { createSealer } from '../seal.ts';
import { everythingOn, resealBatch, secretShelf, type Shelf } from './shelf.ts';
import { verifyKeys, type KeyReport } from './verify.ts';

export interface RotateDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly keyring: Keyring;
  /** Newest first; the newest is the one to go over to. */
  readonly masterKeys: readonly [Uint8Array, ...Uint8Array[]];
  /** What else is sealed, beside the secrets of tenants. */
  readonly shelves?: readonly Shelf[];
  /** Hears what is being done, and how far it is. */
  readonly progress?: (label: string, done: number, total: number) => void;
}

export interface Rotation {
  readonly from: string;
  readonly to: string;
  readonly secrets: number;
  readonly roles: readonly string[];
  readonly report: KeyReport;
}

interface Node {
  readonly name: string;
  readonly known: readonly string[];
  readonly active: string;
}

const NODES = 'select name, known, active from core.keyring_node where seen_at > $1';
/** Nobody else may exchange keys at the same time. The lock ends with its connection, also when this process is killed. */
const LOCK = `select pg_try_advisory_lock(1886348396, 1801810286) as mine`;
const PAUSE_MS = 250;
const PASSES = 5;

/**
 * Goes over to the newest master key while nodes run: seals every secret and the root anew and exchanges the passwords of the
 * database's roles. Interrupted anywhere it can be run again, and goes on with what is left.
 * @throws PodliftError when a running node does not know the new key, or when something cannot be opened.
 */
export async function rotateKeys(deps: RotateDeps): Promise<Rotation> {
  const { database, clock, keyring, masterKeys, shelves = [], progress = () => undefined } = deps;
  const to = masterKeyId(masterKeys[0]);
  const lock = await database.pool('owner').connect();
  try {
    if (!(await lock.query<{ mine: boolean }>(LOCK)).rows[0]?.mine) throw KeysError.rotating();
    const behind = (await nodes(deps)).filter(({ known }) => !known.includes(to));
    if (behind.length > 0)
      throw KeysError.nodesBehind(
        to,
        behind.map(({ name }) => name),
      );
    const sealer = createSealer(masterKeys);
    const from = await database.system('make the newest master key the active one', (tx) =>
      activate(tx, sealer, new Date(clock.now())),
    );
    await keyring.refresh();
    await followed(deps, to);
    let secrets = 0;
    for (let pass = 1; pass <= PASSES; pass++) {
      let changed = 0;
      for (const shelf of [secretShelf, ...shelves])
        for await (const batch of everythingOn(shelf, database)) {
          changed += await resealBatch(shelf, database, sealer, batch);
          progress('sealed anew', secrets + changed, 0);
        }
      secrets += changed;
      if (changed === 0) break;
    }
    progress('passwords of the database', 0, 1);
    const roles = await database.exchangePasswords();
    progress('passwords of the database', 1, 1);
    return { from, to, secrets, roles, report: await verifyKeys({ database, keyring, masterKeys, clock, shelves }) };
  } finally {
    // Its session ends, and with it the lock.
    lock.release(true);
  }
}

const nodes = ({ database, clock }: RotateDeps): Promise<Node[]> =>
  database.query<Node>(NODES, [new Date(clock.now() - NODE_GONE_MS)]);

/** Until every running node seals with the new key; one that dies meanwhile is waited for until it counts as gone. */
async function followed(deps: RotateDeps, to: string): Promise<void> {
  const until = performance.now() + 2 * NODE_GONE_MS;
  for (;;) {
    const late = (await nodes(deps)).filter(({ active }) => active !== to);
    if (late.length === 0) return;
    if (performance.now() > until) throw KeysError.nodesLate(late.map(({ name }) => name));
    await sleep(PAUSE_MS);
  }
}
