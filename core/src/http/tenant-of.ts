import type { TenantLookup } from './doors.ts';
import { HttpErrors } from './errors.ts';
import type { Credential, TenantRef } from './principal.ts';
import { tenantRule, type RouteRules } from './rules.ts';

/** How a request can name its tenant. */
export interface TenantNames {
  /** The host name that the client asked for, without its port. */
  readonly host: string;
  /** The header Podlift-Tenant. */
  readonly header: string | undefined;
  readonly credential: Credential | undefined;
}

/**
 * The tenant of a request: by host name, else by header, else the one that the key belongs to. All that are named must
 * be the same. A tenant that is unknown and one that the caller may not see are answered alike.
 */
export async function findTenant(
  lookup: TenantLookup,
  rules: RouteRules,
  names: TenantNames,
): Promise<TenantRef | undefined> {
  const rule = tenantRule(rules);
  if (rule === 'none') {
    // An operator who names a tenant means something that this route does not do.
    if (names.header !== undefined && rules.permission === 'operator') throw HttpErrors.tenantNotHere();
    return undefined;
  }
  const byHost = names.host === '' ? undefined : await lookup.byHost(names.host);
  const byHeader = names.header === undefined ? undefined : await named(lookup, names.header);
  const own = names.credential?.tenantId;
  const found = byHost ?? byHeader ?? (own === undefined ? undefined : await lookup.byId(own));
  if (byHost && byHeader && byHost.id !== byHeader.id) throw HttpErrors.tenantsDisagree();
  if (found && own !== undefined && found.id !== own) throw HttpErrors.tenantsDisagree();
  if (!found && rule === 'required') throw HttpErrors.tenantMissing();
  if (found && found.status !== 'active') throw HttpErrors.tenantClosed(found.status);
  return found;
}

async function named(lookup: TenantLookup, name: string): Promise<TenantRef> {
  const tenant = /^[\w-]{1,64}$/.test(name) ? await lookup.byName(name) : undefined;
  if (!tenant) throw HttpErrors.tenantUnknown(name.slice(0, 64));
  return tenant;
}
