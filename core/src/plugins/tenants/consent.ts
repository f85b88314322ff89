import { grantKey, type TenantFacts } from './facts.ts';

/** What matters of a plugin for a tenant's consent. */
export interface Consented {
  readonly id: string;
  /** Trusted plugins have what they declare unless a tenant refuses it; others have what it consented to. */
  readonly trusted: boolean;
  readonly capabilities: readonly string[];
  readonly optionalCapabilities: readonly string[];
}

/** What a tenant decided, as far as it matters here. */
export type Decided = Pick<TenantFacts, 'enabled' | 'grants'>;

/** Why a plugin does not answer for a tenant; `undefined` when it does. */
export type Closed = { readonly why: 'disabled' } | { readonly why: 'consent'; readonly missing: readonly string[] };

/** Whether the tenant lets the plugin use a capability that its manifest names. */
export const isGranted = ({ id, trusted }: Consented, capability: string, facts: Decided): boolean =>
  facts.grants.get(grantKey(id, capability)) ?? trusted;

/** Whether the plugin answers for a tenant: enabled, and nothing it cannot live without is refused. */
export function closedFor(plugin: Consented, facts: Decided): Closed | undefined {
  if (!(facts.enabled.get(plugin.id) ?? plugin.trusted)) return { why: 'disabled' };
  // Hot path: no decision was written for most tenants, so there is nothing to look up.
  if (plugin.trusted && facts.grants.size === 0) return undefined;
  const missing = plugin.capabilities.filter((capability) => !isGranted(plugin, capability, facts));
  return missing.length > 0 ? { why: 'consent', missing } : undefined;
}
