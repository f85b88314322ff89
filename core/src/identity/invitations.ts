import type { Pool } from 'pg';
import { uuidv7 } from '@podlift/sdk';
import type { Role } from '../access/index.ts';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import { IdentityError } from './errors.ts';
import { INVITATION_MS } from './limits.ts';
import { hashToken, randomToken } from './token.ts';
import { bearWitness, inTransaction } from './transaction.ts';

/** Somebody who was asked to join a tenant and has not yet. */
export interface Invitation {
  readonly id: string;
  readonly tenant: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface Invitations {
  /** Replaces an older one to the same address. The token is given this once, to be sent to that address. */
  create(input: {
    readonly tenant: string;
    readonly email: string;
    readonly role: Role;
    readonly by: string;
    readonly witness?: Witness<Invitation>;
  }): Promise<{ readonly invitation: Invitation; readonly token: string }>;
  /** Those that can still be used, newest first. */
  list(tenant: string): Promise<Invitation[]>;
  revoke(tenant: string, id: string, witness?: Witness<Invitation>): Promise<Invitation>;
  /** The invitation behind a token that could be used now. */
  find(token: string): Promise<Invitation | undefined>;
  /** Uses the token; of two who try at once one gets the invitation. */
  claim(token: string): Promise<Invitation | undefined>;
  /** Gives a claimed token back, because what it was claimed for failed. */
  release(token: string): Promise<void>;
}

const COLUMNS = `id, tenant_id as tenant, email, role, invited_by as "invitedBy", created_at as "createdAt", expires_at as "expiresAt"`;
const CREATE = `insert into core.invitation (id, tenant_id, email, role, hash, invited_by, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (tenant_id, email) do update set id = excluded.id, role = excluded.role, hash = excluded.hash,
    invited_by = excluded.invited_by, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = null
  returning ${COLUMNS}`;
const LIST = `select ${COLUMNS} from core.invitation where tenant_id = $1 and used_at is null and expires_at > $2 order by id desc`;
const REVOKE = `delete from core.invitation where tenant_id = $1 and id = $2 and used_at is null returning ${COLUMNS}`;
const FIND = `select ${COLUMNS} from core.invitation where hash = $1 and used_at is null and expires_at > $2`;
const CLAIM = `update core.invitation set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 returning ${COLUMNS}`;
const RELEASE = 'update core.invitation set used_at = null where hash = $1';

export function createInvitations({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): Invitations {
  const now = (): Date => new Date(clock.now());
  const one = async (sql: string, values: readonly unknown[]): Promise<Invitation | undefined> =>
    (await pool.query<Invitation>(sql, [...values])).rows[0];
  /** A change of one invitation and its row of the audit trail. */
  const change = (tenant: string, sql: string, values: readonly unknown[], witness?: Witness<Invitation>) =>
    inTransaction(pool, async (tx) => {
      const [invitation] = (await tx.query<Invitation>(sql, [...values])).rows;
      if (!invitation) throw IdentityError.unknownInvitation();
      await bearWitness(tx, tenant, witness, invitation);
      return invitation;
    });
  return {
    async create({ tenant, email, role, by, witness }) {
      const token = randomToken();
      const until = new Date(clock.now() + INVITATION_MS);
      const values = [uuidv7(), tenant, email, role, hashToken(token), by, now(), until];
      const invitation = await change(tenant, CREATE, values, witness);
      return { invitation, token };
    },
    list: async (tenant) => (await pool.query<Invitation>(LIST, [tenant, now()])).rows,
    revoke: (tenant, id, witness) => change(tenant, REVOKE, [tenant, id], witness),
    find: (token) => one(FIND, [hashToken(token), now()]),
    claim: (token) => one(CLAIM, [hashToken(token), now()]),
    release: async (token) => void (await pool.query(RELEASE, [hashToken(token)])),
  };
}
