import type { Clock, Config } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { PlanLimits, SaveOptions, Settings } from '../settings/index.ts';
import { createDirectory, hostName, type TenantDirectory } from './directory.ts';
import { createDomains, type Domains, type DomainsDeps } from './domains.ts';
import { createPurge, type Purge } from './purge.ts';
import { createRecent } from './recent.ts';
import type { Tenant } from './tenant.ts';
import { CORE_SETTINGS, tenantSettingsSchema, type TenantSettings } from './tenant-settings.ts';
import { createTenants, type Tenants, type TenantsDeps } from './tenants.ts';

export interface TenancyDeps extends Pick<TenantsDeps, 'append'>, Pick<DomainsDeps, 'lookUpTxt'> {
  readonly config: Pick<Config, 'baseDomain' | 'publicUrl'>;
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly log: { error(fields: object, message: string): void; info(fields: object, message: string): void };
}

/** What happens once a tenant exists, in other rooms. */
export type CreatedHook = (tenant: Tenant) => Promise<void>;

/** Tenants: their registry, how requests find them, their settings, their end. */
export interface Tenancy extends Tenants, TenantDirectory, Purge {
  readonly domains: Domains;
  readonly settings: {
    get(tenant: string): Promise<{ readonly value: TenantSettings; readonly version: number }>;
    set(
      tenant: string,
      value: unknown,
      options: SaveOptions,
    ): Promise<{
      readonly value: TenantSettings;
      readonly version: number;
    }>;
  };
  /** Runs after a tenant was created; what throws is logged, and repaired by a sweeper of its owner. */
  onCreated(name: string, hook: CreatedHook): void;
  /** The limits of a tenant's plan, remembered for a moment. For `createQuotas`. */
  limitsOf(tenant: string): Promise<PlanLimits>;
  /** Purges what is due, now and then; returns how to stop. */
  startSweeper(everyMs?: number): () => void;
}

const LIMITS_TTL_MS = 5000;
const SWEEP_MS = 10 * 60_000;
const LIMITS = 'select p.limits from core.tenants t join core.plan p on p.id = t.plan where t.id = $1';

export function createTenancy(deps: TenancyDeps): Tenancy {
  const { config, database, clock, settings, log } = deps;
  const place = { baseDomain: config.baseDomain, ownHost: hostName(new URL(config.publicUrl).host) };
  const directory = createDirectory({ database, ...place, now: () => clock.now() });
  const hooks = new Map<string, CreatedHook>();
  const limits = createRecent<PlanLimits>({ ttlMs: LIMITS_TTL_MS, most: 10_000, now: () => clock.now() });
  const parse = ({ value, version }: { readonly value: unknown; readonly version: number }) => ({
    value: tenantSettingsSchema.parse(value),
    version,
  });

  const created = async (tenant: Tenant): Promise<void> => {
    for (const [name, hook] of hooks)
      try {
        await hook(tenant);
      } catch (error) {
        log.error({ err: error, tenant: tenant.id, hook: name }, 'what follows the creation of a tenant failed');
      }
  };
  const tenants = createTenants({ ...deps, directory, created });
  const purge = createPurge({
    database,
    clock,
    directory,
    failed: (tenant, error) => log.error({ err: error, tenant }, 'a tenant could not be purged; it is tried again'),
  });
  settings.register(CORE_SETTINGS, tenantSettingsSchema);

  return {
    ...directory,
    ...tenants,
    ...purge,
    domains: createDomains({ ...deps, ...place, directory }),
    settings: {
      get: async (tenant) => parse(await settings.get(tenant, CORE_SETTINGS)),
      set: async (tenant, value, options) => parse(await settings.set(tenant, CORE_SETTINGS, value, options)),
    },
    async update(...given) {
      const tenant = await tenants.update(...given);
      limits.forget();
      return tenant;
    },
    onCreated: (name, hook) => void hooks.set(name, hook),
    limitsOf: (tenant) =>
      limits.get(tenant, async () => (await database.query<{ limits: PlanLimits }>(LIMITS, [tenant]))[0]?.limits ?? {}),
    startSweeper(everyMs = SWEEP_MS) {
      const sweep = async (): Promise<void> => {
        try {
          for (const { tenant, rows } of await purge.purgeDue())
            log.info({ tenant: tenant.id, slug: tenant.slug, rows }, 'tenant purged');
        } catch (error) {
          log.error({ err: error }, 'purging tenants failed');
        }
      };
      const timer = setInterval(() => void sweep(), everyMs);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
