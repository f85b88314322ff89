import { contentOf, hashOf, type ChainRow } from './canonical.ts';
import type { Finding } from './check.ts';

/** A row that does not follow from the one before it. */
export interface Broken {
  readonly row: ChainRow;
  /** The proof that stands before it now. */
  readonly before: string;
}

interface Placed extends Broken {
  /** Where its proof was made for; undefined when it was made for nothing that is still here. */
  readonly home: number | undefined;
}

/** Says of rows that do not follow from each other which one is at fault. `beyond`: how many more there are. */
export function explain(broken: readonly Broken[], beyond: number): Finding[] {
  const proofs = [...new Set(broken.flatMap(({ row, before }) => [before, row.hash]))];
  const places = new Set(broken.flatMap(({ row: { seq } }) => [seq - 1, seq, seq + 1]));
  const placed = broken.map((one): Placed => ({ ...one, home: homeOf(one.row, proofs, places) }));
  const astray = placed.filter(({ home }) => home === undefined);
  const moved = placed.filter(({ row, home }) => home !== undefined && home !== row.seq);
  const shift = shiftOf(moved);
  const more = beyond > 0 ? `, and ${beyond} more after them` : '';
  if (shift === 1 && astray.length > 0) return astray.map(({ row }) => inserted(row));
  if (shift === -1 && astray.length > 0) {
    const [first] = astray;
    return first ? [renumbered(first.row)] : [];
  }
  return [
    ...moved.map(({ row, home = 0 }): Finding => ({
      kind: 'reordered',
      seq: row.seq,
      id: row.id,
      message: `act ${row.id} stands at place ${row.seq} and was sealed at ${home}`,
    })),
    ...astray.map(({ row }): Finding => ({
      kind: 'changed',
      seq: row.seq,
      id: row.id,
      message: `act ${row.id} at place ${row.seq} was changed, or the proof of the one before it${more}`,
    })),
  ];
}

/** By how much all moved rows are off; undefined when they differ. */
function shiftOf(moved: readonly Placed[]): number | undefined {
  const shifts = new Set(moved.map(({ row, home = 0 }) => row.seq - home));
  return shifts.size === 1 ? [...shifts][0] : undefined;
}

function homeOf(row: ChainRow, proofs: readonly string[], places: ReadonlySet<number>): number | undefined {
  const content = contentOf(row);
  const fits = (place: number): boolean => proofs.some((proof) => hashOf(proof, place, content) === row.hash);
  if (fits(row.seq)) return row.seq;
  return [...places].find(fits);
}

const inserted = ({ seq, id }: ChainRow): Finding => ({
  kind: 'inserted',
  seq,
  id,
  message: `act ${id} was inserted at place ${seq}; those after it were renumbered`,
});

const renumbered = ({ seq, id }: ChainRow): Finding => ({
  kind: 'removed',
  seq,
  message: `an act before ${id} was removed at place ${seq}; those after it were renumbered`,
});
