import { randomBytes, hkdfSync, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { masterKeyId, type Clock } from '../../config/index.ts';
import { DataError, type Database } from '../../data/index.ts';
import { createSealer, type Sealer } from '../seal.ts';

/**
 * The keys of an installation. Secrets are sealed with the active master key; whatever is signed (sessions, links, webhooks) goes by a
 * root of its own that is kept sealed, so that it outlives an exchange of the master key.
 */
export interface Keyring {
  /** Names of the keys that this node knows, newest first. */
  readonly known: readonly string[];
  /** Names the key that seals now. */
  readonly active: string;
  readonly sealer: Sealer;
  /** Bytes for one purpose, the same on every node and for as long as the root lives. Name the purpose as in `podlift/files/v1`. */
  derive(purpose: string, bytes?: number): Uint8Array;
  /** Looks which key is active. */
  refresh(): Promise<void>;
  /** From now on tells the other nodes what this one knows, and follows them; returns how to stop. */
  start(): () => Promise<void>;
}

export interface KeyringDeps {
  readonly database: Pick<Database, 'system' | 'query'>;
  readonly clock: Clock;
  /** Newest first. */
  readonly masterKeys: readonly [Uint8Array, ...Uint8Array[]];
  /** Whether somebody may hold a session that is older than the keyring. */
  readonly hasSessions?: () => Promise<boolean>;
  readonly log?: { warn(fields: object, message: string): void };
}

/** How often a node looks for the active key and says that it lives. */
const BEAT_MS = 2000;
/** A node that said nothing for so long is gone. */
export const NODE_GONE_MS = 20_000;

export const ROOT_PLACE = { tenant: '', owner: 'core', name: 'root' } as const;

const READ = 'select active, root from core.keyring';
const FIRST = `insert into core.keyring (active, root, changed_at) values ($1, $2, $3) on conflict (one) do nothing`;
const BEAT = `insert into core.keyring_node (node, name, known, active, seen_at) values ($1, $2, $3, $4, $5)
  on conflict (node) do update set known = excluded.known, active = excluded.active, seen_at = excluded.seen_at`;
const LEAVE = 'delete from core.keyring_node where node = $1 or seen_at < $2';

interface Row {
  readonly active: string;
  readonly root: string;
}

/**
 * Opens the keyring of an installation, and makes it at the first start.
 * @throws DataError when this node was not given the key that is active.
 */
export async function openKeyring({ database, clock, masterKeys, hasSessions, log }: KeyringDeps): Promise<Keyring> {
  const known = masterKeys.map(masterKeyId);
  let active = known[0] ?? '';
  const sealer = createSealer(masterKeys, () => active);
  const row = (await database.query<Row>(READ))[0] ?? (await make());
  if (!known.includes(row.active)) throw DataError.masterKeyUnknown(row.active, known);
  active = row.active;
  const root = Buffer.from(await sealer.open(ROOT_PLACE, row.root), 'base64');
  const node = randomUUID();

  async function make(): Promise<Row> {
    // With earlier keys given, what is there was sealed with the last of them and other nodes may know no newer one.
    active = known.at(-1) ?? '';
    // Sessions that are older than the keyring were signed with what comes from the master key itself.
    const bytes = (await hasSessions?.()) ? (masterKeys.at(-1) ?? masterKeys[0]) : randomBytes(32);
    const root = await sealer.seal(ROOT_PLACE, Buffer.from(bytes).toString('base64'));
    return database.system('make the keyring', async (tx) => {
      await tx.execute(FIRST, [active, root, new Date(clock.now())]);
      // Another node may have been first.
      const [made] = await tx.query<Row>(READ);
      return made ?? { active, root };
    });
  }

  const refresh = async (): Promise<void> => {
    const [now] = await database.query<Row>(READ, [], 'keyring_read');
    if (!now || now.active === active) return;
    if (known.includes(now.active)) active = now.active;
    else log?.warn({ active: now.active, known }, 'The master key was exchanged for one that this node does not know');
  };
  const beat = async (): Promise<void> => {
    await refresh();
    await database.system('say which master keys this node knows', (tx) =>
      tx.execute(BEAT, [node, `${hostname()}:${process.pid}`, known, active, new Date(clock.now())]),
    );
  };

  return {
    known,
    get active() {
      return active;
    },
    sealer,
    derive: (purpose, bytes = 32) => new Uint8Array(hkdfSync('sha256', root, new Uint8Array(), purpose, bytes)),
    refresh,
    start() {
      const tell = (): Promise<void> =>
        beat().catch((error: unknown) => log?.warn({ err: error }, 'Which master key is active could not be read'));
      let last = tell();
      const timer = setInterval(() => void (last = tell()), BEAT_MS).unref();
      return async () => {
        clearInterval(timer);
        await last;
        const gone = new Date(clock.now() - 10 * NODE_GONE_MS);
        await database.system('a node leaves', (tx) => tx.execute(LEAVE, [node, gone])).catch(() => undefined);
      };
    },
  };
}
