import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { FileErrors } from './errors.ts';
import { digestOf } from './intake/digests.ts';
import { recount, rememberCheck, type Content } from './rows/content.ts';
import type { Store } from './store.ts';

/** A content whose bytes are not what they should be. */
export interface Damage {
  readonly tenant: string;
  readonly sha256: string;
  readonly damage: 'lost' | 'damaged';
  /** Ids of the files that have it. */
  readonly files: readonly string[];
}

export interface Verified {
  readonly checked: number;
  readonly bytes: number;
  readonly damages: readonly Damage[];
}

export interface VerifyOptions {
  /** One tenant only. */
  readonly tenant?: string;
  readonly progress?: (bytes: number) => void;
}

const HOLDERS =
  'select tenant_id as tenant from core.file_usage where $1::uuid is null or tenant_id = $1 order by tenant_id';
const NEXT = `select digest, object, size::float8 as size from core.file_content
  where tenant_id = $1 and digest > $2 order by digest limit 100`;
const FILES = 'select id from core.file where tenant_id = $1 and digest = $2 order by id';

type Checked = Pick<Content, 'digest' | 'object' | 'size'>;

/** Reads every byte that is kept and compares it with its digest. What is found is written down, and health tells of it. */
export async function verifyFiles(
  { store, database, clock }: { store: Store; database: Pick<Database, 'withTenant' | 'system'>; clock: Clock },
  { tenant: only, progress = () => undefined }: VerifyOptions = {},
): Promise<Verified> {
  const damages: Damage[] = [];
  let [checked, bytes] = [0, 0];
  const holders = await database.system('verify files', (tx) => tx.query<{ tenant: string }>(HOLDERS, [only ?? null]));
  for (const { tenant } of holders) {
    for (let after = ''; ;) {
      const page = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<Checked>(NEXT, [tenant, after]),
      );
      for (const content of page) {
        const damage = await examine(store, tenant, content);
        checked++;
        bytes += content.size;
        progress(bytes);
        const files = await database.withTenant({ tenant }, async (tx) => {
          const known = await rememberCheck(tx, content, damage, new Date(clock.now()));
          // Collected or replaced while it was read.
          if (known === 0 || damage === undefined) return undefined;
          return tx.query<{ id: string }>(FILES, [tenant, content.digest]);
        });
        if (damage && files) damages.push({ tenant, sha256: content.digest, damage, files: files.map(({ id }) => id) });
      }
      after = page.at(-1)?.digest ?? '';
      if (page.length < 100) break;
    }
    await database.withTenant({ tenant }, recount);
  }
  return { checked, bytes, damages };
}

async function examine(
  store: Store,
  tenant: string,
  { digest, object }: Checked,
): Promise<Damage['damage'] | undefined> {
  try {
    const { sha256 } = await digestOf(store.read({ tenant, object }));
    return sha256 === digest ? undefined : 'damaged';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === FileErrors.lost('').code) return 'lost';
    throw error;
  }
}
