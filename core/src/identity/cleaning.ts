import type { Pool } from 'pg';
import type { Clock } from '../config/index.ts';

/** What nobody can use any more is kept for this long, for questions that come late. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

const RETIRE = [
  'delete from auth.session where "expiresAt" < $1',
  'delete from auth.verification where "expiresAt" < $1',
  'delete from auth.apikey where "expiresAt" < $1 or (enabled = false and "updatedAt" < $1)',
  'delete from core.invitation where expires_at < $1 or used_at < $1',
  'delete from core.address_token where expires_at < $1',
  `delete from core.known_device where last_seen < $1::timestamptz - interval '370 days'`,
  'delete from core.setup_token where expires_at < $1',
];

/** Removes sessions, keys, invitations and links that ended long ago; returns how many. */
export async function retire({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): Promise<number> {
  const before = new Date(clock.now() - KEPT_MS);
  let removed = 0;
  for (const sql of RETIRE) removed += (await pool.query(sql, [before])).rowCount ?? 0;
  return removed;
}
