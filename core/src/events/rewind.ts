import type { SystemQuery } from './system-query.ts';

/** Nothing is put off for longer: pauses last five minutes at most, and leases less. */
const LONGEST = `interval '10 minutes'`;

const LETTERS = `
update core.dead_letter set next_attempt_at = $1
where state = 'retrying' and next_attempt_at > greatest($1, now()) + ${LONGEST}`;

const REPLAYS = `
update core.event_replay set leased_until = '-infinity'
where state = 'running' and leased_until > greatest($1, now()) + ${LONGEST}`;

/**
 * Brings back to the present what a clock that was ahead has put off: it would wait until that time has come. Both this node's clock
 * and the database's have to say so.
 */
export async function rewind(query: SystemQuery, now: number): Promise<void> {
  for (const statement of [LETTERS, REPLAYS]) await query(statement, [new Date(now)]);
}
