import { PodliftError } from '@podlift/sdk';
import type { Tx } from '../../data/index.ts';
import { encodeValue } from '../encoding.ts';
import { toConflict, versionConflict } from './conflicts.ts';
import type { CollectionLayout } from './layout.ts';
import { groupWrites, type CollectionWrite, type PendingWrite } from './writes.ts';

/** Makes the buffered changes of a call, in order, inside its transaction. The first one that cannot be made is the error. */
export async function applyWrites(
  tx: Tx,
  layouts: ReadonlyMap<string, CollectionLayout>,
  pending: readonly PendingWrite[],
  now: Date,
): Promise<void> {
  for (const { collection, op, writes } of groupWrites(pending)) {
    const layout = layouts.get(collection);
    if (!layout) throw PodliftError.notFound(`collection ${collection}`);
    try {
      await APPLY[op](tx, layout, writes, now);
    } catch (thrown) {
      throw toConflict(thrown, layout, writes);
    }
  }
}

type Apply = (tx: Tx, layout: CollectionLayout, writes: readonly CollectionWrite[], now: Date) => Promise<void>;

const values = (writes: readonly CollectionWrite[]): string[] =>
  writes.map((write) => encodeValue('value' in write ? write.value : 'patch' in write ? write.patch : {}));

const APPLY: Readonly<Record<CollectionWrite['op'], Apply>> = {
  async insert(tx, { from }, writes, now) {
    await tx.execute(insertSql(from), [tx.tenant, writes.map(({ id }) => id), values(writes), now]);
  },
  async upsert(tx, layout, writes, now) {
    const [first] = writes;
    if (first?.op === 'upsert' && first.version !== undefined) return change(tx, layout, first, now);
    await tx.execute(upsertSql(layout.from), [tx.tenant, writes.map(({ id }) => id), values(writes), now]);
  },
  async update(tx, layout, writes, now) {
    for (const write of writes) await change(tx, layout, write, now);
  },
  async delete(tx, layout, writes) {
    const [first] = writes;
    const version = first?.op === 'delete' ? first.version : undefined;
    const ids = writes.map(({ id }) => id);
    if (version === undefined || !first) {
      await tx.execute(`delete from ${layout.from} where tenant_id = $1 and id = any($2)`, [tx.tenant, ids]);
      return;
    }
    const sql = `delete from ${layout.from} where tenant_id = $1 and id = $2 and version = $3`;
    if ((await tx.execute(sql, [tx.tenant, first.id, version])) > 0) return;
    const found = await versionOf(tx, layout, first.id);
    // Somebody else deleted it: what was asked for is done.
    if (found !== undefined) throw versionConflict(layout.collection, first.id, version, found);
  },
};

const insertSql = (into: string): string =>
  `insert into ${into} as stored (tenant_id, id, value, version, created_at, updated_at)
   select $1, row.id, row.value::jsonb, 1, $4, $4 from unnest($2::text[], $3::text[]) as row (id, value)`;

const upsertSql = (into: string): string =>
  `${insertSql(into)}
   on conflict (tenant_id, id) do update set value = excluded.value, version = stored.version + 1, updated_at = excluded.updated_at`;

async function change(tx: Tx, layout: CollectionLayout, write: CollectionWrite, now: Date): Promise<void> {
  const { from, collection } = layout;
  const version = 'version' in write ? write.version : undefined;
  const next = write.op === 'update' ? 'value || $3::jsonb' : '$3::jsonb';
  const sql = `update ${from} set value = ${next}, version = version + 1, updated_at = $4
    where tenant_id = $1 and id = $2${version === undefined ? '' : ' and version = $5'}`;
  const given = [tx.tenant, write.id, ...values([write]), now, ...(version === undefined ? [] : [version])];
  if ((await tx.execute(sql, given)) > 0) return;
  const found = await versionOf(tx, layout, write.id);
  if (found === undefined && version === undefined) throw PodliftError.notFound(`${collection} ${write.id}`);
  throw versionConflict(collection, write.id, version ?? 0, found);
}

async function versionOf(tx: Tx, { from }: CollectionLayout, id: string): Promise<number | undefined> {
  const [row] = await tx.query<{ version: string }>(
    `select version::text from ${from} where tenant_id = $1 and id = $2`,
    [tx.tenant, id],
  );
  return row && Number(row.version);
}
