import type { Database, Queryable } from '../../data/index.ts';
import type { SecretPlace, Sealer } from '../seal.ts';

/** One sealed row: where it belongs, and how it is found again. */
export interface Held {
  readonly place: SecretPlace;
  readonly key: readonly string[];
  readonly sealed: string;
}

/** A table that holds sealed texts. Each room that keeps some names its own, so that an exchange of keys forgets none. */
export interface Shelf {
  readonly name: string;
  /** The next rows in the order of their keys. */
  next(tx: Queryable, after: readonly string[] | undefined, limit: number): Promise<readonly Held[]>;
  /** Puts a text in place of the one that was read; returns how many rows still had that. */
  replace(tx: Queryable, held: Held, sealed: string): Promise<number>;
}

/** How many rows one transaction seals anew: short, so that nobody who saves a secret waits for long. */
const BATCH = 100;
const NOBODY = '00000000-0000-0000-0000-000000000000';
const NEXT = `select tenant_id as tenant, owner, name, sealed from core.secret
  where (tenant_id, owner, name) > ($1, $2, $3) order by tenant_id, owner, name limit $4`;
const REPLACE = `update core.secret set sealed = $5 where tenant_id = $1 and owner = $2 and name = $3 and sealed = $4`;

/** The secrets of tenants. */
export const secretShelf: Shelf = {
  name: 'secrets',
  async next(tx, after = [NOBODY, '', ''], limit) {
    const rows = await tx.query<SecretPlace & { readonly sealed: string }>(NEXT, [...after, limit]);
    return rows.map(({ sealed, ...place }) => ({ place, sealed, key: [place.tenant, place.owner, place.name] }));
  },
  replace: (tx, { key, sealed: old }, sealed) => tx.execute(REPLACE, [...key, old, sealed], 'secret_reseal'),
};

/** Everything on a shelf, batch after batch. */
export async function* everythingOn(shelf: Shelf, database: Pick<Database, 'system'>): AsyncGenerator<readonly Held[]> {
  let after: readonly string[] | undefined;
  for (;;) {
    const from = after;
    const batch = await database.system(`look through sealed ${shelf.name}`, (tx) => shelf.next(tx, from, BATCH));
    if (batch.length > 0) yield batch;
    after = batch.at(-1)?.key;
    if (!after) return;
  }
}

/**
 * Seals what an older key holds anew. What was saved or removed meanwhile is left as it is, and so is what does not open:
 * the next look sees it.
 */
export async function resealBatch(
  shelf: Shelf,
  database: Pick<Database, 'system'>,
  newest: Sealer,
  batch: readonly Held[],
): Promise<number> {
  const fresh: { readonly held: Held; readonly sealed: string }[] = [];
  for (const held of batch)
    if (newest.isStale(held.sealed)) {
      const text = await newest.open(held.place, held.sealed).catch(() => undefined);
      if (text !== undefined) fresh.push({ held, sealed: await newest.seal(held.place, text) });
    }
  if (fresh.length === 0) return 0;
  return database.system(`seal ${shelf.name} with the new master key`, async (tx) => {
    let count = 0;
    for (const { held, sealed } of fresh) count += await shelf.replace(tx, held, sealed);
    return count;
  });
}
