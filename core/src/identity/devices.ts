import type { Pool } from 'pg';
import type { Clock } from '../config/index.ts';
import { DEVICE_COOKIE } from './limits.ts';
import { hashToken, randomToken, readCookie } from './token.ts';

/** Browsers that somebody has signed in with before. */
export interface Devices {
  /**
   * Notes a sign-in. A browser is known by a cookie of its own, which says nothing but that it was here. `isNew` is false for
   * the first of an account: nobody needs to be told of that one.
   */
  note(
    userId: string,
    cookies: string | null,
  ): Promise<{ readonly isNew: boolean; readonly cookie: string | undefined }>;
}

const SEEN = 'update core.known_device set last_seen = $3 where user_id = $1 and hash = $2 returning 1';
const OTHERS = 'select 1 from core.known_device where user_id = $1 limit 1';
const ADD = `insert into core.known_device (user_id, hash, first_seen, last_seen) values ($1, $2, $3, $3)
  on conflict (user_id, hash) do nothing`;
const YEAR_SECONDS = 365 * 24 * 3600;

export interface DevicesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly secure: boolean;
}

export function createDevices({ pool, clock, secure }: DevicesDeps): Devices {
  const name = `${secure ? '__Secure-' : ''}${DEVICE_COOKIE}`;
  return {
    async note(userId, cookies) {
      const at = new Date(clock.now());
      const brought = readCookie(cookies, name);
      const good = brought !== undefined && /^[\w-]{43}$/.test(brought) ? brought : undefined;
      if (good && (await pool.query(SEEN, [userId, hashToken(good), at])).rowCount)
        return { isNew: false, cookie: undefined };
      const known = ((await pool.query(OTHERS, [userId])).rowCount ?? 0) > 0;
      // Two people at one browser share its name.
      const token = good ?? randomToken();
      await pool.query(ADD, [userId, hashToken(token), at]);
      const cookie = `${name}=${token}; Max-Age=${YEAR_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
      return { isNew: known, cookie };
    },
  };
}
