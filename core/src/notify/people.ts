import type { Access, Role } from '../access/index.ts';
import type { Recipients } from './request.ts';

/** A member of a tenant, as messages see one. */
export interface Reader {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** The address is known to be theirs; mails go nowhere else. */
  readonly verified: boolean;
}

/** Who is there to be written to. */
export interface People {
  /** Everybody in a tenant. */
  readers(tenant: string): Promise<readonly Reader[]>;
  /** Those who run the installation. */
  operators(): Promise<readonly { readonly email: string; readonly name: string }[]>;
}

/** The members that a message is for. */
export function recipientsOf(
  { users = [], roles = [], permission }: Recipients,
  readers: readonly Reader[],
  access: Pick<Access, 'abilityFor'>,
): Reader[] {
  const named = new Set(users);
  const wanted = new Set<string>(roles);
  return readers.filter(
    ({ userId, role }) =>
      named.has(userId) ||
      wanted.has(role) ||
      (permission !== undefined && access.abilityFor({ role, operator: false, user: { id: userId } }).can(permission)),
  );
}
