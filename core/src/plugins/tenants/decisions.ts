import { PodliftError } from '@podlift/sdk';
import type { PluginJson } from '@podlift/sdk/kernel';
import type { Tx } from '../../data/index.ts';
import type { PluginHostDeps } from '../deps.ts';

/** Who decides for a tenant. */
export interface Decider {
  readonly kind: string;
  readonly id: string;
}

const ENABLE = `insert into core.plugin_tenant (tenant_id, plugin, enabled, updated_at, updated_by) values ($1, $2, $3, $4, $5)
  on conflict (tenant_id, plugin) do update set enabled = excluded.enabled, updated_at = excluded.updated_at, updated_by = excluded.updated_by`;
const GRANT = `insert into core.plugin_grant (tenant_id, plugin, capability, granted, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6)
  on conflict (tenant_id, plugin, capability) do update set granted = excluded.granted, updated_at = excluded.updated_at, updated_by = excluded.updated_by`;

/** @throws PodliftError when a decision is about a capability that the plugin does not ask for. */
export function assertNamed(json: PluginJson, { grants = {} }: Decision): void {
  const all = new Set([...json.capabilities, ...json.optionalCapabilities]);
  const wrong = Object.keys(grants).filter((capability) => !all.has(capability));
  if (wrong.length === 0) return;
  throw PodliftError.invalidInput(
    `the decision about ${json.id}`,
    wrong.map((capability) => ({ path: ['grants', capability], message: `${json.id} does not ask for it` })),
  );
}

type Doors = Pick<PluginHostDeps, 'database' | 'audit' | 'clock'>;

/** A tenant's decision about a plugin: whether it is enabled, and what it may use. */
export interface Decision {
  readonly enabled?: boolean;
  /** Capability -> granted or refused. */
  readonly grants?: Readonly<Record<string, boolean>>;
}

/** Writes a decision and its audit rows in one transaction. */
export async function writeDecision(
  { database, audit, clock }: Doors,
  tenant: string,
  plugin: string,
  { enabled, grants = {} }: Decision,
  actor: Decider,
): Promise<void> {
  const at = new Date(clock.now());
  const record = (tx: Tx, action: string, details?: Readonly<Record<string, unknown>>) =>
    audit.record(tx, { tenant, actor, action, target: `plugin:${plugin}`, ...(details && { details }) });
  await database.withTenant({ tenant }, async (tx) => {
    for (const [capability, granted] of Object.entries(grants)) {
      await tx.execute(GRANT, [tenant, plugin, capability, granted, at, actor.id]);
      await record(tx, granted ? 'plugin.granted' : 'plugin.refused', { capability });
    }
    if (enabled === undefined) return;
    await tx.execute(ENABLE, [tenant, plugin, enabled, at, actor.id]);
    await record(tx, enabled ? 'plugin.enabled' : 'plugin.disabled');
  });
}
