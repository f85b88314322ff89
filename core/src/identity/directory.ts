import type { Pool } from 'pg';
import { isRole, type Role } from '../access/index.ts';

/** A member, as messages see one. */
export interface Addressee {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** They have shown that the address is theirs. */
  readonly verified: boolean;
}

/** Who can be written to. */
export interface Directory {
  /** Every member of a tenant. */
  readers(tenant: string): Promise<Addressee[]>;
  /** Those who run the installation. */
  operators(): Promise<{ readonly email: string; readonly name: string }[]>;
}

const READERS = `select m."userId", u.email, u.name, m.role, u."emailVerified" as verified
  from auth.member m join auth."user" u on u.id = m."userId" where m."organizationId" = $1 order by m."userId"`;
const OPERATORS = `select u.email, u.name from core.operator o join auth."user" u on u.id = o.user_id
  where u."emailVerified" order by u.id`;

/** Reads addresses as `podlift_auth`, the only role that sees them. */
export const createDirectory = (pool: Pool): Directory => ({
  async readers(tenant) {
    const { rows } = await pool.query<Omit<Addressee, 'role'> & { role: string }>(READERS, [tenant]);
    return rows.flatMap(({ role, ...row }) => (isRole(role) ? [{ ...row, role }] : []));
  },
  operators: async () => (await pool.query<{ email: string; name: string }>(OPERATORS)).rows,
});
