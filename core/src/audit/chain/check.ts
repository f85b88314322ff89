import { contentOf, digestOf, hashOf, type ChainRow, type Link } from './canonical.ts';
import { explain, type Broken } from './explain.ts';

/** Something that is not as it was sealed. */
export interface Finding {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'reordered' | 'truncated' | 'rewritten';
  /** The place in the chain. */
  readonly seq: number;
  /** The act, when it is there. */
  readonly id?: string;
  readonly message: string;
}

/** A place that was written down outside of the database. */
export interface Anchor extends Link {
  readonly at: string;
  /** How many restores of its chain were written down before it. */
  readonly restores?: number;
}

/** What rows are held against. */
export interface ChainFrame {
  /** Where the rows begin: the beginning of the chain, or the checkpoint that retention left. */
  readonly start: Link;
  /** Where the sealer stands, as the database says. */
  readonly head: Link | undefined;
  readonly anchors: readonly Anchor[];
}

export interface Checked {
  readonly rows: number;
  readonly last: Link;
  readonly findings: readonly Finding[];
}

/** Finding out who belongs where is for the first so many; the rest of a long broken stretch is counted. */
const MOST_BROKEN = 40;

/** Reads a chain from its start and says what was changed, removed, inserted, moved or cut off since it was sealed. */
export async function checkChain(
  rows: AsyncIterable<ChainRow>,
  { start, head, anchors }: ChainFrame,
): Promise<Checked> {
  const findings: Finding[] = [];
  const broken: Broken[] = [];
  const byPlace = Map.groupBy(anchors, ({ seq }) => seq);
  let last: Link = start;
  let count = 0;
  let beyond = 0;
  findings.push(...againstAnchors(byPlace.get(start.seq), start));
  for await (const row of rows) {
    const { seq, id, hash } = row;
    count += 1;
    findings.push(...ofDetails(row));
    if (seq <= last.seq)
      findings.push({ kind: 'inserted', seq, id, message: `act ${id} has place ${seq}, which another one has` });
    else if (seq > last.seq + 1) findings.push(removed(last.seq + 1, seq - 1));
    // After a gap nobody knows the proof that this row follows; the next one is held against this one's.
    else if (hashOf(last.hash, seq, contentOf(row)) !== hash) {
      if (broken.length < MOST_BROKEN) broken.push({ row, before: last.hash });
      else beyond += 1;
    }
    findings.push(...againstAnchors(byPlace.get(seq), { ...row }));
    last = { seq, hash };
  }
  findings.push(...explain(broken, beyond), ...ofEnd(last, head, anchors));
  return { rows: count, last, findings: findings.toSorted((a, b) => a.seq - b.seq) };
}

const removed = (from: number, to: number): Finding => ({
  kind: 'removed',
  seq: from,
  message: from === to ? `the act at place ${from} was removed` : `the acts at places ${from} to ${to} were removed`,
});

/** Details and address stand in the chain by their digest, which stays when they are redacted. */
function ofDetails(row: ChainRow): Finding[] {
  const { seq, id, redacted, details, ip, salt } = row;
  const kept = redacted ? details === '{}' && ip === null && salt === null : digestOf(row) === row.digest;
  return kept ? [] : [{ kind: 'changed', seq, id, message: `the details or the address of act ${id} were changed` }];
}

function againstAnchors(
  anchors: readonly Anchor[] | undefined,
  { seq, hash, ...row }: Link & { id?: string },
): Finding[] {
  const other = anchors?.find((anchor) => anchor.hash !== hash);
  if (!other) return [];
  const message = `the chain was rewritten at or before place ${seq}: it is not the one that was anchored at ${other.at}`;
  return [{ kind: 'rewritten', seq, ...(row.id !== undefined && { id: row.id }), message }];
}

function ofEnd(last: Link, head: Link | undefined, anchors: readonly Anchor[]): Finding[] {
  const anchored = anchors.reduce<Anchor | undefined>(
    (far, one) => (one.seq > (far?.seq ?? last.seq) ? one : far),
    undefined,
  );
  const until = Math.max(head?.seq ?? 0, anchored?.seq ?? 0);
  if (until > last.seq) {
    const witness = anchored ? `the anchor of ${anchored.at}` : 'the head of the chain';
    const message = `the end was cut off: ${witness} knows acts up to place ${until}, the last one here is ${last.seq}`;
    return [{ kind: 'truncated', seq: last.seq + 1, message }];
  }
  if (!head || head.seq < last.seq)
    return last.seq === 0 || (!head && last.seq === 0)
      ? []
      : [{ kind: 'inserted', seq: (head?.seq ?? 0) + 1, message: `the sealer gave no place after ${head?.seq ?? 0}` }];
  if (head.hash === last.hash) return [];
  return [
    { kind: 'changed', seq: last.seq, message: `the head of the chain does not fit the act at place ${last.seq}` },
  ];
}
