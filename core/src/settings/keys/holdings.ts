import type { Database, Queryable } from '../../data/index.ts';
import type { Sealer } from '../seal.ts';
import { ROOT_PLACE } from './keyring.ts';

/** How many rows one transaction seals anew: short, so that nobody who saves a secret waits for long. */
export const RESEAL_BATCH = 100;

/** One sealed row. */
export interface Held {
  readonly tenant: string;
  readonly owner: string;
  readonly name: string;
  readonly sealed: string;
}

const NEXT = `select tenant_id as tenant, owner, name, sealed from core.secret
  where (tenant_id, owner, name) > ($1, $2, $3) order by tenant_id, owner, name limit $4`;
const RESEAL = `update core.secret set sealed = $5 where tenant_id = $1 and owner = $2 and name = $3 and sealed = $4`;
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Every sealed secret of the installation, batch after batch. */
export async function* everySecret(database: Pick<Database, 'system'>): AsyncGenerator<readonly Held[]> {
  let last: Pick<Held, 'tenant' | 'owner' | 'name'> = { tenant: NOBODY, owner: '', name: '' };
  for (;;) {
    const { tenant, owner, name } = last;
    const batch = await database.system('look through sealed secrets', (tx) =>
      tx.query<Held>(NEXT, [tenant, owner, name, RESEAL_BATCH]),
    );
    const end = batch.at(-1);
    if (!end) return;
    yield batch;
    last = end;
  }
}

/** Seals what an older key holds anew. What was saved or removed meanwhile is left as it is: the next pass sees it. */
export async function resealBatch(
  database: Pick<Database, 'system'>,
  sealer: Sealer,
  batch: readonly Held[],
): Promise<{ readonly resealed: number; readonly unreadable: readonly Held[] }> {
  const unreadable: Held[] = [];
  const fresh: { readonly held: Held; readonly sealed: string }[] = [];
  for (const held of batch.filter(({ sealed }) => sealer.isStale(sealed)))
    try {
      fresh.push({ held, sealed: await sealer.seal(held, await sealer.open(held, held.sealed)) });
    } catch {
      unreadable.push(held);
    }
  if (fresh.length === 0) return { resealed: 0, unreadable };
  const resealed = await database.system('seal secrets with the new master key', async (tx) => {
    let count = 0;
    for (const { held, sealed } of fresh)
      count += await tx.execute(RESEAL, [held.tenant, held.owner, held.name, held.sealed, sealed], 'secret_reseal');
    return count;
  });
  return { resealed, unreadable };
}

/** Names the newest key as the active one, and seals the root with it, in one transaction. Returns which key was active. */
export async function activate(tx: Queryable, newest: Sealer, at: Date): Promise<string> {
  const [row] = await tx.query<{ active: string; root: string }>('select active, root from core.keyring for update');
  if (!row || row.active === newest.kid) return newest.kid;
  const root = await newest.seal(ROOT_PLACE, await newest.open(ROOT_PLACE, row.root));
  await tx.execute('update core.keyring set active = $1, root = $2, changed_at = $3', [newest.kid, root, at]);
  return row.active;
}
