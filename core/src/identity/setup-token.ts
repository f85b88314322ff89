import type { Pool } from 'pg';
import type { Clock } from '../config/index.ts';
import { SETUP_MS } from './limits.ts';
import { hashToken, randomToken } from './token.ts';
import { inTransaction } from './transaction.ts';

/** Links that make the first owner. Kept hashed, used once, good for a day, and for nothing once somebody owns the installation. */
export interface SetupTokens {
  /** A fresh token, or undefined when the installation has an operator. */
  issue(): Promise<string | undefined>;
  /** Whether the token could be used now. */
  isOpen(token: string): Promise<boolean>;
  /** Uses the token; of two who try at once one gets true. */
  claim(token: string): Promise<boolean>;
  /** Gives a claimed token back, because what it was claimed for failed. */
  release(token: string): Promise<void>;
}

const OWNED = 'select 1 from core.operator limit 1';
const CLEAN = 'delete from core.setup_token where expires_at <= $1';
const ISSUE = 'insert into core.setup_token (hash, created_at, expires_at) values ($1, $2, $3)';
const OPEN = `select 1 from core.setup_token where hash = $1 and used_at is null and expires_at > $2
  and not exists (select 1 from core.operator)`;
/** Two different links may be open when two processes started: only one at a time is taken. */
const LOCK = "select pg_advisory_xact_lock(hashtext('podlift/setup'))";
const CLAIM = `update core.setup_token set used_at = $2 where hash = $1 and used_at is null and expires_at > $2
  and not exists (select 1 from core.operator)
  and not exists (select 1 from core.setup_token where used_at > $3)`;
const RELEASE = 'update core.setup_token set used_at = null where hash = $1';

/** A claim that never became an owner (its process died) stops blocking others after this. */
const CLAIM_MS = 60_000;

export function createSetupTokens({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): SetupTokens {
  return {
    async issue() {
      if ((await pool.query(OWNED)).rowCount) return undefined;
      const now = clock.now();
      const token = randomToken();
      await pool.query(CLEAN, [new Date(now)]);
      await pool.query(ISSUE, [hashToken(token), new Date(now), new Date(now + SETUP_MS)]);
      return token;
    },
    isOpen: async (token) => ((await pool.query(OPEN, [hashToken(token), new Date(clock.now())])).rowCount ?? 0) > 0,
    claim: (token) =>
      inTransaction(pool, async (tx) => {
        const now = clock.now();
        await tx.query(LOCK);
        const { rowCount } = await tx.query(CLAIM, [hashToken(token), new Date(now), new Date(now - CLAIM_MS)]);
        return rowCount === 1;
      }),
    release: async (token) => void (await pool.query(RELEASE, [hashToken(token)])),
  };
}
