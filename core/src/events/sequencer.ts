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
}

const SEQUENCE = 'select slot, type, placed, skipped from core.sequence_events($1)';
/** Pause before slots are looked at again that another node's sequencer held. */
const SKIPPED_PAUSE_MS = 3;

/**
 * Gives committed events their positions, in one short transaction per round. Any number of nodes may run it; a round skips slots that
 * another one holds and looks again right after. Returns when nothing is pending.
 */
export async function sequence(query: SystemQuery, placed: (placed: Placed) => void): Promise<void> {
  for (;;) {
    const { rows } = await query<Row>(SEQUENCE, [SEQUENCE_BATCH], 'events.sequence');
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
    if (!again && !full) return;
    if (!full) await new Promise((go) => setTimeout(go, SKIPPED_PAUSE_MS));
  }
}
