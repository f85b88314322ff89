import type { Pool } from 'pg';
import type { Clock } from '../config/index.ts';
import { EMAIL_MS } from './limits.ts';
import { hashToken, randomToken } from './token.ts';
import { inTransaction } from './transaction.ts';

/** Links that prove that an address is somebody's. Kept hashed, used once, good for a day. */
export interface AddressTokens {
  /** Replaces older ones of this account. */
  issue(userId: string, email: string): Promise<string>;
  /** Whether it could be used now. */
  isOpen(token: string): Promise<boolean>;
  /** Uses it: the address is confirmed, if it is still the account's. Returns whose it was. */
  use(token: string): Promise<string | undefined>;
}

const FORGET = 'delete from core.address_token where user_id = $1 or expires_at <= $2';
const ISSUE = `insert into core.address_token (hash, user_id, email, expires_at) values ($1, $2, $3, $4)`;
const OPEN = 'select 1 from core.address_token where hash = $1 and expires_at > $2';
const CLAIM = `delete from core.address_token where hash = $1 and expires_at > $2 returning user_id as "userId", email`;
const CONFIRM = `update auth."user" set "emailVerified" = true, "updatedAt" = $3 where id = $1 and email = $2`;

export function createAddressTokens({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): AddressTokens {
  const now = (): Date => new Date(clock.now());
  return {
    issue: (userId, email) =>
      inTransaction(pool, async (tx) => {
        const token = randomToken();
        await tx.query(FORGET, [userId, now()]);
        await tx.query(ISSUE, [hashToken(token), userId, email, new Date(clock.now() + EMAIL_MS)]);
        return token;
      }),
    isOpen: async (token) => ((await pool.query(OPEN, [hashToken(token), now()])).rowCount ?? 0) > 0,
    use: (token) =>
      inTransaction(pool, async (tx) => {
        const { rows } = await tx.query<{ userId: string; email: string }>(CLAIM, [hashToken(token), now()]);
        const [found] = rows;
        if (!found) return undefined;
        const { rowCount } = await tx.query(CONFIRM, [found.userId, found.email, now()]);
        return rowCount ? found.userId : undefined;
      }),
  };
}
