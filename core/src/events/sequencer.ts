import { SEQUENCE_BATCH } from './limits.ts';
import type { SystemQuery } from './system-query.ts';

/** Events of a type that have just received positions in a slot. */
export interface Placed {
  readonly slot: number;
  readonly type: string;
}

interface Row {
  readonly slot: number | null;
  readonly type: string | null;
  readonly placed: string;
  readonly skipped: number;
  readonly seen: string | number;
}

const SEQUENCE = 'select slot, type, placed, skipped, seen from core.sequence_events_after($1, $2)';
/** Pause before slots are looked at again that another node's sequencer held. */
const SKIPPED_PAUSE_MS = 3;
/** What a transaction appended that took longer than this is found by the next look at everything. */
const RECENT_MS = 2000;
/** How often everything is looked at. */
const ALL_MS = 1000;
/** Pause between two marks. */
const MARK_MS = 100;

/** Gives committed events their positions. Any number of nodes may have one. */
export interface Sequencer {
  /**
   * Places what is pending, in one short transaction per round; a round skips slots that another node holds and looks again
   * right after. Returns when nothing is pending. With `all`, whatever was appended however long ago.
   */
  run(placed: (placed: Placed) => void, all?: boolean): Promise<void>;
}

/**
 * Looks at what was appended lately, and once a second at everything: numbers are given before commit, so an old one may
 * still come. Rows that were placed while some transaction is open anywhere cannot be cleaned away, and stepping over all of
 * them each time would slow everybody down.
 */
export function createSequencer(query: SystemQuery): Sequencer {
  /** Up to these numbers everything that was there at that time has been placed. */
  const marks: { readonly at: number; readonly seen: number }[] = [];
  let allAt = Number.NEGATIVE_INFINITY;

  /** Where to begin: behind what was complete a while ago. */
  const begin = (now: number, all: boolean): number => {
    if (all || now - allAt >= ALL_MS) {
      allAt = now;
      return 0;
    }
    while (marks.length > 1 && (marks[1]?.at ?? now) <= now - RECENT_MS) marks.shift();
    const [first] = marks;
    return first && first.at <= now - RECENT_MS ? first.seen : 0;
  };

  const mark = (at: number, seen: number): void => {
    const last = marks.at(-1);
    if (!last || at - last.at >= MARK_MS) marks.push({ at, seen });
  };

  return {
    async run(placed, all = false) {
      for (let after = begin(performance.now(), all); ;) {
        const now = performance.now();
        const { rows } = await query<Row>(SEQUENCE, [SEQUENCE_BATCH, after], 'events.sequence');
        let again = false;
        const perSlot = new Map<number, number>();
        for (const { slot, type, placed: count, skipped } of rows) {
          if (slot === null || type === null) {
            again ||= skipped > 0;
            continue;
          }
          placed({ slot, type });
          perSlot.set(slot, (perSlot.get(slot) ?? 0) + Number(count));
        }
        const full = [...perSlot.values()].some((count) => count >= SEQUENCE_BATCH);
        if (!again && !full) return mark(now, Number(rows[0]?.seen ?? 0));
        if (!full) await new Promise((go) => setTimeout(go, SKIPPED_PAUSE_MS));
        else after = Math.min(after, begin(performance.now(), all));
      }
    },
  };
}
