import type { Queryable } from '../../data/index.ts';
import { INSTALLATION } from '../redaction.ts';
import type { AnchorBook, Resumption } from './anchors.ts';
import type { Anchor } from './check.ts';
import { readStart } from './read.ts';

/** Acts that a restore to an earlier moment took back. */
export interface Lost {
  /** The first place after what was restored. */
  readonly from: number;
  /** The last place that had been anchored. */
  readonly until: number;
  readonly restoredAt: string;
  readonly state: string;
  readonly backup: string;
  readonly message: string;
}

const ACTS = `select id::text as id from core.operator_audit where id = any($1::uuid[]) and action = 'installation.restored' and seq is not null`;

/**
 * The restores that can be believed: the act that speaks of one is in the chain of the installation. Where it is not, it was retired, or a
 * later restore took it back.
 */
export async function believedRestores(tx: Queryable, { restores }: AnchorBook): Promise<ReadonlySet<string>> {
  const own = restores.get(INSTALLATION) ?? [];
  if (own.length === 0) return new Set();
  const rows = await tx.query<{ id: string }>(ACTS, [own.map(({ act }) => act)]);
  const there = new Set(rows.map(({ id }) => id));
  const { seq: retired } = await readStart(tx, INSTALLATION);
  const believed = new Set<string>();
  for (const { act, seq } of own.toReversed())
    if (there.has(act) || seq < retired || believed.size > 0) believed.add(act);
  return believed;
}

/** Parts anchors into those that the chain is held against and those whose acts a restore took back. */
export function withoutLost(
  anchors: readonly Anchor[],
  restores: readonly Resumption[],
  believed: ReadonlySet<string>,
): { readonly useful: readonly Anchor[]; readonly lost: readonly Lost[] } {
  const useful: Anchor[] = [];
  const until = new Map<Resumption, number>();
  for (const anchor of anchors) {
    const restore = restores.slice(anchor.restores ?? 0).find(({ seq, act }) => seq < anchor.seq && believed.has(act));
    if (restore) until.set(restore, Math.max(until.get(restore) ?? 0, anchor.seq));
    else useful.push(anchor);
  }
  return { useful, lost: [...until].map(([restore, last]) => lostWith(restore, last)) };
}

function lostWith({ seq, at, state, backup }: Resumption, until: number): Lost {
  const from = seq + 1;
  const moment = state === 'latest' ? 'the end of its log' : state;
  const places = from === until ? `the act at place ${from} was` : `the acts at places ${from} to ${until} were`;
  const message = `restored on ${at} to ${moment} from the backup ${backup}; ${places} lost with it`;
  return { from, until, restoredAt: at, state, backup, message };
}
