import { masterKeyId, type Clock } from '../../config/index.ts';
import type { Database, PasswordKeys } from '../../data/index.ts';
import { createSealer } from '../seal.ts';
import { everySecret, type Held } from './holdings.ts';
import { NODE_GONE_MS, ROOT_PLACE, type Keyring } from './keyring.ts';

/** What each master key still holds. */
export interface KeyReport {
  readonly active: string;
  readonly newest: string;
  /** How many secrets are sealed with each key, by its name. */
  readonly secrets: Readonly<Record<string, number>>;
  /** Secrets that do not open: sealed with a key that is not known here, or spoilt. */
  readonly unreadable: readonly Pick<Held, 'tenant' | 'owner' | 'name'>[];
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
}

/** Opens every secret, and says under which key everything is. Nothing is changed, and no secret is shown. */
export async function verifyKeys({ database, keyring, masterKeys, clock }: VerifyDeps): Promise<KeyReport> {
  const sealer = createSealer(masterKeys);
  const newest = masterKeyId(masterKeys[0]);
  const secrets: Record<string, number> = {};
  const unreadable: Pick<Held, 'tenant' | 'owner' | 'name'>[] = [];
  for await (const batch of everySecret(database))
    for (const { sealed, ...place } of batch)
      try {
        const kid = sealer.kidOf(sealed);
        secrets[kid] = (secrets[kid] ?? 0) + 1;
        await sealer.open(place, sealed);
      } catch {
        unreadable.push(place);
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
    ...Object.keys(secrets),
    root,
    active,
    ...Object.values(roles),
    ...nodes.map((one) => one.active),
  ]);
  return {
    active,
    newest,
    secrets,
    unreadable,
    root,
    roles,
    nodes,
    unneeded: keyring.known.filter((kid) => !used.has(kid)),
    ok: unreadable.length === 0 && [...used].every((kid) => kid === newest),
  };
}
