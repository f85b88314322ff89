import { HttpErrors } from './errors.ts';
import type { Principal } from './principal.ts';
import type { RouteRules } from './rules.ts';

/** Throws unless the principal may use the route. */
export function checkPermission({ permission }: RouteRules, principal: Principal): void {
  if (permission === 'public' || permission === 'signed-in') return;
  if (permission === 'operator') {
    if (!principal.operator) throw HttpErrors.operatorsOnly();
    return;
  }
  if (!principal.can(permission)) throw HttpErrors.notPermitted(permission);
}
