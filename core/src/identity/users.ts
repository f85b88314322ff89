import type { Pool } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import { IdentityError } from './errors.ts';
import { hashPassword } from './password.ts';
import { weakness } from './password-quality.ts';
import { bearWitness, inTransaction } from './transaction.ts';

/** A person who can sign in. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly createdAt: Date;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  /** Of a password that was checked before; it stands in place of the password. */
  readonly hash?: string;
  /** False when they typed the address themselves and have to confirm it. */
  readonly verified?: boolean;
}

/** People of the whole installation. Written in better-auth's tables and form, so that it signs them in. */
export interface Users {
  create(user: NewUser, witness?: Witness<User>): Promise<User>;
  find(idOrEmail: string): Promise<User | undefined>;
  /** Oldest first. */
  list(query?: {
    readonly after?: string;
    readonly limit?: number;
  }): Promise<{ items: User[]; next: string | undefined }>;
  /** Sets a new password and ends every session. */
  resetPassword(idOrEmail: string, password: string, witness?: Witness<User>): Promise<User>;
  /** Makes or unmakes an operator of the installation. */
  setOperator(id: string, operator: boolean, by: string, witness?: Witness<User>, tenant?: string): Promise<void>;
  hasOperator(): Promise<boolean>;
}

const EMAIL = /^[^\s@"'<>(),;:\\[\]]+@[^\s@.]+(?:\.[^\s@.]+)+$/;
const PAGE = { default: 50, max: 200 } as const;

const SELECT = `select u.id, u.email, u.name, u."createdAt", o.user_id is not null as operator
  from auth."user" u left join core.operator o on o.user_id = u.id`;
const FIND = `${SELECT} where u.id = $1 or u.email = $1`;
const LIST = `${SELECT} where $1::text is null or u.id > $1 order by u.id limit $2`;
const CREATE = `insert into auth."user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
  values ($1, $2, $3, $5, $4, $4) on conflict (email) do nothing returning id, email, name, "createdAt", false as operator`;
const CREDENTIAL = `insert into auth.account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
  values ($1, $2, 'credential', $2, $3, $4, $4)`;
const NEW_PASSWORD = `update auth.account set password = $2, "updatedAt" = $3 where "userId" = $1 and "providerId" = 'credential'`;
const END_SESSIONS = 'delete from auth.session where "userId" = $1';
const MAKE_OPERATOR = `insert into core.operator (user_id, since, granted_by) values ($1, $2, $3) on conflict (user_id) do nothing`;
const UNMAKE_OPERATOR = 'delete from core.operator where user_id = $1';

export function createUsers({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): Users {
  const find: Users['find'] = async (idOrEmail) =>
    (await pool.query<User>(FIND, [idOrEmail.includes('@') ? normalizeEmail(idOrEmail) : idOrEmail])).rows[0];
  const get = async (idOrEmail: string): Promise<User> => {
    const user = await find(idOrEmail);
    if (!user) throw IdentityError.unknownUser(idOrEmail);
    return user;
  };

  return {
    find,
    async create({ email: given, name, password, hash: known, verified = true }, witness) {
      const email = checkEmail(given);
      const weak = known === undefined && weakness(password, [email, name]);
      if (weak) throw IdentityError.badPassword(weak);
      const hash = known ?? (await hashPassword(password));
      const at = new Date(clock.now());
      return inTransaction(pool, async (tx) => {
        const id = uuidv7();
        const user = (await tx.query<User>(CREATE, [id, name.trim(), email, at, verified])).rows[0];
        if (!user) throw IdentityError.emailTaken(email);
        await tx.query(CREDENTIAL, [uuidv7(), id, hash, at]);
        await bearWitness(tx, undefined, witness, user);
        return user;
      });
    },
    async list({ after, limit = PAGE.default } = {}) {
      const size = Math.min(Math.max(limit, 1), PAGE.max);
      const { rows } = await pool.query<User>(LIST, [after ?? null, size + 1]);
      const items = rows.slice(0, size);
      return { items, next: rows.length > size ? items.at(-1)?.id : undefined };
    },
    async resetPassword(idOrEmail, password, witness) {
      const user = await get(idOrEmail);
      const weak = weakness(password, [user.email, user.name]);
      if (weak) throw IdentityError.badPassword(weak);
      const hash = await hashPassword(password);
      const at = new Date(clock.now());
      await inTransaction(pool, async (tx) => {
        const { rowCount } = await tx.query(NEW_PASSWORD, [user.id, hash, at]);
        if (!rowCount) await tx.query(CREDENTIAL, [uuidv7(), user.id, hash, at]);
        await tx.query(END_SESSIONS, [user.id]);
        await bearWitness(tx, undefined, witness, user);
      });
      return user;
    },
    async setOperator(id, operator, by, witness, tenant) {
      const user = await get(id);
      await inTransaction(pool, async (tx) => {
        await (operator
          ? tx.query(MAKE_OPERATOR, [user.id, new Date(clock.now()), by])
          : tx.query(UNMAKE_OPERATOR, [user.id]));
        await bearWitness(tx, tenant, witness, user);
      });
    },
    hasOperator: async () => ((await pool.query('select 1 from core.operator limit 1')).rowCount ?? 0) > 0,
  };
}

/** Addresses are compared in small letters, as better-auth does. */
export const normalizeEmail = (email: string): string => email.trim().toLowerCase();

/** The address as it is kept, or an error. */
export function checkEmail(given: string): string {
  const email = normalizeEmail(given);
  if (email.length > 254 || !EMAIL.test(email)) throw IdentityError.badEmail();
  return email;
}
