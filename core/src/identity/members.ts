import type { Pool } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import { isRole, type Role } from '../access/index.ts';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import { IdentityError } from './errors.ts';
import { bearWitness, inTransaction } from './transaction.ts';
import { normalizeEmail } from './users.ts';

/** A person in a tenant. */
export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly since: Date;
}

/** Who belongs to a tenant, and as what. */
export interface Members {
  list(tenant: string): Promise<Member[]>;
  find(tenant: string, userId: string): Promise<Member | undefined>;
  count(tenant: string): Promise<number>;
  /** Adds somebody who has an account. */
  add(tenant: string, email: string, role: Role, witness?: Witness<Member>): Promise<Member>;
  /** The same, for who only knows the address: it must have been proven. */
  addByAddress(tenant: string, email: string, role: Role, witness?: Witness<Member>): Promise<Member>;
  setRole(tenant: string, userId: string, role: Role, witness?: Witness<Member>): Promise<Member>;
  remove(tenant: string, userId: string, witness?: Witness<Member>): Promise<void>;
}

const SELECT = `select m."userId", u.email, u.name, m.role, m."createdAt" as since
  from auth.member m join auth."user" u on u.id = m."userId" where m."organizationId" = $1`;
const LIST = `${SELECT} order by u.email`;
const FIND = `${SELECT} and m."userId" = $2`;
const USER = 'select id, "emailVerified" as proven from auth."user" where email = $1';
const ADD = 'insert into auth.member (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, $4, $5)';
const COUNT = 'select count(*)::int as n from auth.member where "organizationId" = $1';
const SET_ROLE = 'update auth.member set role = $3 where "organizationId" = $1 and "userId" = $2';
/** Their keys end with them: added again later, they begin with none. */
const REMOVE = `with ended as (
    update auth.apikey set enabled = false, "updatedAt" = $3
    where "referenceId" = $1 and enabled and coalesce(metadata, '{}')::jsonb ->> 'user' = $2)
  delete from auth.member where "organizationId" = $1 and "userId" = $2`;
/** Held while members are counted: two last owners cannot leave at once, nor two newcomers take the last seat. */
const LOCK = 'select 1 from auth.organization where id = $1 for update';
const OWNERS = `select count(*)::int as owners from auth.member where "organizationId" = $1 and role = 'owner'`;

export interface MembersDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Throws when the plan has no room for one more. */
  readonly assertRoom: (tenant: string, used: number) => Promise<void>;
}

export function createMembers({ pool, clock, assertRoom }: MembersDeps): Members {
  const find: Members['find'] = async (tenant, userId) => (await pool.query<Member>(FIND, [tenant, userId])).rows[0];

  const countIn = async (tx: Pick<Pool, 'query'>, tenant: string): Promise<number> =>
    (await tx.query<{ n: number }>(COUNT, [tenant])).rows[0]?.n ?? 0;
  const changing = (
    tenant: string,
    userId: string,
    sql: string,
    values: readonly unknown[],
    keepsOwner: boolean,
    witness?: Witness<Member>,
  ) =>
    inTransaction(pool, async (tx) => {
      await tx.query(LOCK, [tenant]);
      const member = (await tx.query<Member>(FIND, [tenant, userId])).rows[0];
      if (!member) throw IdentityError.unknownMember();
      const { rows } = await tx.query<{ owners: number }>(OWNERS, [tenant]);
      if (member.role === 'owner' && !keepsOwner && rows[0]?.owners === 1) throw IdentityError.lastOwner();
      await tx.query(sql, [tenant, userId, ...values]);
      await bearWitness(tx, tenant, witness, member);
      return member;
    });

  const findUser = async (email: string): Promise<{ readonly id: string; readonly proven: boolean }> => {
    const user = (await pool.query<{ id: string; proven: boolean }>(USER, [normalizeEmail(email)])).rows[0];
    if (!user) throw IdentityError.unknownUser(email);
    return user;
  };
  const add: Members['add'] = async (tenant, email, role, witness) => {
    const user = await findUser(email);
    return inTransaction(pool, async (tx) => {
      await tx.query(LOCK, [tenant]);
      if ((await tx.query(FIND, [tenant, user.id])).rowCount) throw IdentityError.alreadyMember(email);
      await assertRoom(tenant, await countIn(tx, tenant));
      await tx.query(ADD, [uuidv7(), tenant, user.id, role, new Date(clock.now())]);
      const member = (await tx.query<Member>(FIND, [tenant, user.id])).rows[0];
      if (!member) throw IdentityError.unknownMember();
      await bearWitness(tx, tenant, witness, member);
      return member;
    });
  };

  return {
    find,
    list: async (tenant) => (await pool.query<Member>(LIST, [tenant])).rows.filter(({ role }) => isRole(role)),
    add,
    async addByAddress(tenant, email, role, witness) {
      const user = await findUser(email);
      if (!user.proven) throw IdentityError.addressUnproven(email);
      return add(tenant, email, role, witness);
    },
    count: (tenant) => countIn(pool, tenant),
    async setRole(tenant, userId, role, witness) {
      const member = await changing(tenant, userId, SET_ROLE, [role], role === 'owner', witness);
      return { ...member, role };
    },
    remove: async (tenant, userId, witness) =>
      void (await changing(tenant, userId, REMOVE, [new Date(clock.now())], false, witness)),
  };
}
