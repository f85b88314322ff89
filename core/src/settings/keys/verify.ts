import { masterKeyId, type Clock } from '../../config/index.ts';
import type { Database, PasswordKeys } from '../../data/index.ts';
import { createSealer, type SecretPlace } from '../seal.ts';
import { everythingOn, secretShelf, type Shelf } from './shelf.ts';
import { NODE_GONE_MS, ROOT_PLACE, type Keyring } from './keyring.ts';

/** What each master key still holds. */
export interface KeyReport {
  readonly active: string;
  readonly newest: string;
  /** How much of what is sealed with each key, by its name: `secrets` and what other rooms keep. */
  readonly sealed: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Secrets that do not open: sealed with a key that is not known here, or spoilt. */
  readonly unreadable: readonly SecretPlace[];
  readonly root: string;
  readonly roles: PasswordKeys;
  readonly nodes: readonly { readonly name: string; readonly known: readonly string[]; readonly active: string }[];
  /** Names of keys that may be dropped from the configuration: nothing is left under them. */
  readonly unneeded: readonly string[];
  /** Everything opens, and is under the newest key. */
  readonly ok: boolean;
}

export interface VerifyDeps {
  readonly database: Database;
  readonly keyring: Pick<Keyring, 'known'>;
  readonly masterKeys: readonly [Uint8Array, ...Uint8Array[]];
  readonly clock: Clock;
  readonly shelves?: readonly Shelf[];
}

/** Opens every secret, and says under which key everything is. Nothing is changed, and no secret is shown. */
export async function verifyKeys({
  database,
  keyring,
  masterKeys,
  clock,
  shelves = [],
}: VerifyDeps): Promise<KeyReport> {
  const sealer = createSealer(masterKeys);
  const newest = masterKeyId(masterKeys[0]);
  const sealed: Record<string, Record<string, number>> = {};
  const unreadable: SecretPlace[] = [];
  for (const shelf of [secretShelf, ...shelves]) {
    const counts: Record<string, number> = (sealed[shelf.name] = {});
    for await (const batch of everythingOn(shelf, database))
      for (const held of batch)
        try {
          const kid = sealer.kidOf(held.sealed);
          counts[kid] = (counts[kid] ?? 0) + 1;
          await sealer.open(held.place, held.sealed);
        } catch {
          unreadable.push(held.place);
        }
  }
  const [row] = await database.query<{ active: string; root: string }>('select active, root from core.keyring');
  if (row) await sealer.open(ROOT_PLACE, row.root);
  const root = row ? sealer.kidOf(row.root) : newest;
  const roles = await database.passwordKeys();
  const nodes = await database.query<KeyReport['nodes'][number]>(
    'select name, known, active from core.keyring_node where seen_at > $1 order by name',
    [new Date(clock.now() - NODE_GONE_MS)],
  );
  const active = row?.active ?? newest;
  const used = new Set([
    ...Object.values(sealed).flatMap((counts) => Object.keys(counts)),
    root,
    active,
    ...Object.values(roles),
    ...nodes.map((one) => one.active),
  ]);
  return {
    active,
    newest,
    sealed,
    unreadable,
    root,
    roles,
    nodes,
    unneeded: keyring.known.filter((kid) => !used.has(kid)),
    ok: unreadable.length === 0 && [...used].every((kid) => kid === newest),
  };
}
