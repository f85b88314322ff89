/** Who may do what: permissions and rules as data, roles, and abilities made of them. @module */
export { createAccess, type Access, type GuardedRoute } from './access.ts';
export type { Ability } from './ability.ts';
export { AccessError } from './errors.ts';
export {
  covers,
  definePermission,
  EVERYTHING,
  splitPermission,
  type Permission,
  type PermissionInput,
} from './permission.ts';
export { isRole, ROLE_TITLES, ROLES, type Role } from './role.ts';
export { parseRule, type Rule } from './rule.ts';
export type { Subject } from './subject.ts';
