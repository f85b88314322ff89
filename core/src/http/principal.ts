import { problem } from './problem.ts';

/** A tenant as every request carries it. */
export interface TenantRef {
  readonly id: string;
  readonly slug: string;
  readonly status: string;
  readonly plan?: string;
}

/** Who acts: a person, a key of a tenant, the installation itself, or a stranger on a public route. */
export interface Actor {
  readonly kind: 'user' | 'key' | 'system' | 'anonymous';
  readonly id: string;
}

/** Who asks, for which tenant, and what they may do there. */
export interface Principal {
  readonly tenant?: TenantRef;
  readonly actor: Actor;
  readonly role?: string;
  /** Whether the actor runs the installation. */
  readonly operator: boolean;
  /** Whether the actor may do this in the tenant: `campaigns:read`. */
  can(permission: string): boolean;
}

/** What a request showed and what was found behind it. Rooms that verify credentials carry more than this. */
export interface Credential {
  /** `session`, `key`, `write-key` … */
  readonly kind: string;
  readonly actor: Actor;
  /** The tenant that the credential itself belongs to. A browser session has none. */
  readonly tenantId?: string;
  /** Sent by a browser on its own, so that a foreign page can cause it: mutations need a matching Origin. */
  readonly cookie: boolean;
  /** What rate limits count by; never the secret itself. */
  readonly id: string;
}

const ANONYMOUS: Actor = { kind: 'anonymous', id: 'anonymous' };

/** Who asks on a route that asks for no credential. */
export const anonymous = (tenant?: TenantRef): Principal => ({
  ...(tenant && { tenant }),
  actor: ANONYMOUS,
  operator: false,
  can: () => false,
});

/** The id of the tenant that is asked for. Whoever passed a permission of a tenant has one. */
export function tenantOf({ tenant }: Principal): string {
  if (!tenant) throw problem(400, 'http.tenant_missing', 'No tenant is named');
  return tenant.id;
}
