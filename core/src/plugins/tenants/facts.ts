import type { Database } from '../../data/index.ts';
import type { SettingsValue } from '../../settings/index.ts';

/** What a tenant decided about plugins, as it was read at one moment. */
export interface TenantFacts {
  /** Explicit decisions; a plugin that is not here follows the default. */
  readonly enabled: ReadonlyMap<string, boolean>;
  /** Explicit consents and refusals, by `plugin capability`. */
  readonly grants: ReadonlyMap<string, boolean>;
  /** Settings, read when a plugin is first called. */
  readonly settings: Map<string, SettingsValue>;
  readonly readAt: number;
}

/** The facts of many tenants, kept in memory: every call into a plugin asks. */
export interface TenantFactsCache {
  /** At once when they are known. Facts older than `freshMs` are read anew behind the answer. */
  get(tenant: string): TenantFacts | Promise<TenantFacts>;
  forget(tenant: string): void;
  forgetAll(): void;
}

export const grantKey = (plugin: string, capability: string): string => `${plugin} ${capability}`;

const ENABLED = 'select plugin, enabled from core.plugin_tenant where tenant_id = $1';
const GRANTS = 'select plugin, capability, granted from core.plugin_grant where tenant_id = $1';

export interface FactsOptions {
  readonly database: Pick<Database, 'withTenant'>;
  /** Facts are served without another look for so long. */
  readonly freshMs: number;
  /** How many tenants are remembered. */
  readonly size?: number;
  readonly onError: (tenant: string, error: unknown) => void;
}

/** Facts that are older than this many times `freshMs` are not served any more, not even while new ones are read. */
const STALE_FACTOR = 10;

export function createTenantFacts({ database, freshMs, size = 10_000, onError }: FactsOptions): TenantFactsCache {
  const known = new Map<string, TenantFacts>();
  const reading = new Map<string, Promise<TenantFacts>>();

  const read = (tenant: string): Promise<TenantFacts> => {
    const running = reading.get(tenant);
    if (running) return running;
    const work = readFacts(database, tenant)
      .then((facts) => {
        // Forgotten while it was read: what was read may be older than what forgot it.
        if (reading.get(tenant) === work) {
          known.delete(tenant);
          known.set(tenant, facts);
          const [oldest] = known.keys();
          if (known.size > size && oldest !== undefined) known.delete(oldest);
        }
        return facts;
      })
      .finally(() => {
        if (reading.get(tenant) === work) reading.delete(tenant);
      });
    reading.set(tenant, work);
    return work;
  };

  return {
    get(tenant) {
      const facts = known.get(tenant);
      if (!facts) return read(tenant);
      const age = performance.now() - facts.readAt;
      if (age <= freshMs) return facts;
      const fresh = read(tenant);
      if (age > freshMs * STALE_FACTOR) return fresh;
      fresh.catch((error: unknown) => onError(tenant, error));
      return facts;
    },
    forget(tenant) {
      known.delete(tenant);
      reading.delete(tenant);
    },
    forgetAll() {
      known.clear();
      reading.clear();
    },
  };
}

async function readFacts(database: Pick<Database, 'withTenant'>, tenant: string): Promise<TenantFacts> {
  const readAt = performance.now();
  return database.withTenant({ tenant, readOnly: true }, async (tx) => {
    const enabled = await tx.query<{ plugin: string; enabled: boolean }>(ENABLED, [tenant], 'plugins.enabled');
    const grants = await tx.query<{ plugin: string; capability: string; granted: boolean }>(
      GRANTS,
      [tenant],
      'plugins.grants',
    );
    return {
      enabled: new Map(enabled.map((row) => [row.plugin, row.enabled])),
      grants: new Map(grants.map((row) => [grantKey(row.plugin, row.capability), row.granted])),
      settings: new Map(),
      readAt,
    };
  });
}
