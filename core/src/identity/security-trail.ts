import type { Audit } from '../audit/index.ts';
import { countedAddress } from '../limits/index.ts';
import { hashToken } from './token.ts';
import { normalizeEmail, type Users } from './users.ts';

/** What happens to accounts and sessions, for the trail of the installation: an account belongs to no single tenant. */
export interface SecurityTrail {
  /** Somebody did something to their own account or sessions. Written before it is answered. */
  did(userId: string, action: string, details?: Readonly<Record<string, unknown>>): Promise<void>;
  signedIn(email: string): Promise<void>;
  /** Failures are counted and written as one row per account now and then, so that guessing fills no table. */
  failed(email: string, ip: string): void;
  /** Writes what was counted. */
  flush(): Promise<void>;
  /** Writes it every minute; returns how to stop. */
  start(): () => Promise<void>;
}

interface Failures {
  readonly email: string;
  attempts: number;
  readonly addresses: Set<string>;
}

export interface SecurityTrailDeps {
  /** Without it nothing is kept. */
  readonly audit?: Pick<Audit, 'record'> | undefined;
  readonly users: Pick<Users, 'find'>;
  readonly onError: (error: unknown) => void;
}

const FLUSH_MS = 60_000;
/** Accounts that are counted at once; more are written early. */
const MOST_ACCOUNTS = 5000;
const MOST_ADDRESSES = 1000;

export function createSecurityTrail({ audit, users, onError }: SecurityTrailDeps): SecurityTrail {
  let counted = new Map<string, Failures>();

  const did: SecurityTrail['did'] = async (id, action, details) => {
    const entry = { actor: { kind: 'user', id }, action, target: `user:${id}`, ...(details && { details }) };
    await audit?.record(null, entry);
  };
  const write = async ({ email, attempts, addresses }: Failures): Promise<void> => {
    const user = await users.find(email);
    await audit?.record(null, {
      actor: { kind: 'anonymous', id: 'anonymous' },
      action: 'session.failed',
      target: `user:${user?.id ?? 'unknown'}`,
      details: { attempts, addresses: addresses.size },
    });
  };
  const flush: SecurityTrail['flush'] = async () => {
    const due = counted;
    counted = new Map();
    for (const failures of due.values()) await write(failures).catch(onError);
  };

  return {
    did,
    flush,
    async signedIn(email) {
      const user = await users.find(email);
      if (user) await did(user.id, 'session.created');
    },
    failed(given, ip) {
      const email = normalizeEmail(given);
      const key = hashToken(email);
      const failures = counted.get(key) ?? { email, attempts: 0, addresses: new Set() };
      failures.attempts += 1;
      if (failures.addresses.size < MOST_ADDRESSES) failures.addresses.add(countedAddress(ip));
      counted.set(key, failures);
      if (counted.size >= MOST_ACCOUNTS) void flush();
    },
    start() {
      const timer = setInterval(() => void flush(), FLUSH_MS).unref();
      return async () => {
        clearInterval(timer);
        await flush();
      };
    },
  };
}
