import type { Access, Ability, Subject } from '../access/index.ts';
import type { Principal, TenantRef } from '../http/index.ts';
import type { Identified } from './credential.ts';
import { WRITE_SCOPES } from './keys.ts';

/** A principal that also shows the ability behind `can`. */
export interface KnownPrincipal extends Principal {
  readonly ability: Ability;
}

/**
 * What the owner of a credential may do in a tenant, or undefined when they are no member of it.
 * An operator is let into every tenant's routes, but without a role there has none of its permissions; a tenant that was
 * made for a demonstration belongs to nobody, and so to the operator.
 */
export function createResolvePrincipal(access: Access) {
  return async (credential: Identified, tenant: TenantRef | undefined): Promise<KnownPrincipal | undefined> => {
    const subject = subjectOf(credential, tenant);
    if (!subject) return undefined;
    const ability = access.abilityFor(subject);
    return {
      ...(tenant && { tenant }),
      ...(subject.role && { role: subject.role }),
      actor: credential.actor,
      operator: subject.operator,
      ability,
      can: (permission) => ability.can(permission),
    };
  };
}

function subjectOf(credential: Identified, tenant: TenantRef | undefined): Subject | undefined {
  if (credential.kind === 'session') {
    const own = tenant && credential.memberships[tenant.id];
    const role = own ?? (credential.operator && isDisposable(tenant) ? 'owner' : undefined);
    if (tenant && !role && !credential.operator) return undefined;
    return { role, operator: credential.operator, user: credential.user };
  }
  if (tenant && tenant.id !== credential.tenantId) return undefined;
  if (credential.kind === 'write-key') return { operator: false, granted: WRITE_SCOPES, scopes: WRITE_SCOPES };
  const { role: made, makerRole = made, scopes, actor } = credential;
  // Whoever makes a key passes on what they are; when that changes, the key is what both have in common.
  const [role, within] = makerRole === 'owner' ? [made, makerRole] : [makerRole, made];
  const bounds = role === within ? {} : { within };
  return { role: tenant && role, ...bounds, operator: false, scopes, user: { id: actor.id } };
}

/** The registry's own tenants say so; others do not know. */
const isDisposable = (tenant: TenantRef | undefined): boolean =>
  tenant !== undefined && 'disposable' in tenant && tenant.disposable === true;
