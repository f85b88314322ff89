import type { Shelf } from '../settings/index.ts';

const FIRST = '00000000-0000-0000-0000-000000000000';
const NEXT = `select id::text as id, sealed from core.letter where id > $1 and sealed <> '' order by id limit $2`;
const REPLACE = 'update core.letter set sealed = $3 where id = $1 and sealed = $2';

/** Letters on their way, as the notify room seals them. */
export const letterShelf: Shelf = {
  name: 'letters',
  async next(tx, after = [FIRST], limit) {
    const rows = await tx.query<{ id: string; sealed: string }>(NEXT, [...after, limit]);
    return rows.map(({ id, sealed }) => ({
      place: { tenant: '', owner: 'core', name: `letter:${id}` },
      key: [id],
      sealed,
    }));
  },
  replace: (tx, { key, sealed: old }, sealed) => tx.execute(REPLACE, [...key, old, sealed]),
};
