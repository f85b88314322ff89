import { AccessError } from './errors.ts';
import { isRole, ROLES, type Role } from './role.ts';

/** Something that may be allowed: `<subject>:<action>`, whose it is, and which roles have it from the start. */
export interface Permission {
  /** `core` or a plugin's id. */
  readonly owner: string;
  readonly name: string;
  readonly title: string;
  /** `owner` has every permission of a tenant, named or not. */
  readonly roles: readonly Role[];
  /** Belongs to the installation and not to a tenant: only an operator has it, whatever their role. */
  readonly operator?: boolean;
}

export interface PermissionInput {
  readonly title: string;
  readonly roles?: readonly string[];
  readonly operator?: boolean;
}

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*:[a-z][a-z0-9-]*$/;

/** Checks a declared permission, or throws an {@link AccessError} that names who declared what. */
export function definePermission(
  owner: string,
  name: string,
  { title, roles = [], operator }: PermissionInput,
): Permission {
  if (!NAME.test(name)) throw AccessError.badName(owner, name);
  const checked = roles.map((role) => {
    if (!isRole(role)) throw AccessError.unknownRole(owner, name, role, ROLES);
    return role;
  });
  return { owner, name, title, roles: checked, ...(operator ? { operator } : {}) };
}

/** Splits `campaigns:read` into what CASL wants. */
export function splitPermission(name: string): { subject: string; action: string } {
  const colon = name.lastIndexOf(':');
  return { subject: name.slice(0, colon), action: name.slice(colon + 1) };
}

/** The scope that covers everything its maker may do. */
export const EVERYTHING = '*:*';

/** Whether a scope of a key covers a permission: the same, `<subject>:*`, or everything. */
export const covers = (scope: string, name: string): boolean =>
  scope === name ||
  scope === EVERYTHING ||
  (scope.endsWith(':*') && splitPermission(name).subject === scope.slice(0, -2));
