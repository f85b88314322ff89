import { isRole, type Role } from '../access/index.ts';
import type { Database } from '../data/index.ts';
import type { KeyCredential, SessionCredential } from './credential.ts';
import { hashToken } from './token.ts';

interface SessionRow {
  readonly session_id: string;
  readonly expires_at: Date;
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly memberships: Readonly<Record<string, string>>;
}

interface KeyRow {
  readonly key_id: string;
  readonly tenant_id: string;
  readonly kind: string;
  readonly name: string;
  readonly permissions: Readonly<Record<string, readonly string[]>>;
  readonly role: string;
  readonly maker_role: string | null;
}

/** Looks a session up by its token: one prepared call, nothing written. Hot path, bench/session.bench.ts. */
export async function findSession(
  database: Database,
  token: string,
  cookie: boolean,
): Promise<SessionCredential | undefined> {
  const [row] = await database.query<SessionRow>('select * from core.check_session($1)', [token], 'check_session');
  if (!row) return undefined;
  const memberships: Record<string, Role> = {};
  for (const [tenant, role] of Object.entries(row.memberships)) if (isRole(role)) memberships[tenant] = role;
  return {
    kind: 'session',
    actor: { kind: 'user', id: row.user_id },
    id: `user:${row.user_id}`,
    cookie,
    session: { id: row.session_id, expiresAt: row.expires_at },
    user: { id: row.user_id, email: row.email, name: row.name },
    operator: row.operator,
    memberships,
  };
}

/** Columns by name: a later version may add some while this one runs. */
const LOOK_UP_KEY = 'select key_id, tenant_id, kind, name, permissions, role, maker_role from core.look_up_key($1)';

/** Looks a key up by its hash: one prepared call, nothing written. Hot path. */
export async function findKey(database: Database, key: string): Promise<KeyCredential | undefined> {
  const [row] = await database.query<KeyRow>(LOOK_UP_KEY, [hashToken(key)], 'look_up_key');
  if (!row || !isRole(row.role)) return undefined;
  const makerRole = row.maker_role ?? undefined;
  if (makerRole !== undefined && !isRole(makerRole)) return undefined;
  return {
    kind: row.kind === 'write' ? 'write-key' : 'key',
    actor: { kind: 'key', id: row.key_id },
    id: `key:${row.key_id}`,
    cookie: false,
    tenantId: row.tenant_id,
    name: row.name,
    scopes: Object.entries(row.permissions).flatMap(([subject, actions]) =>
      actions.map((action) => `${subject}:${action}`),
    ),
    role: row.role,
    ...(makerRole !== undefined && { makerRole }),
  };
}
