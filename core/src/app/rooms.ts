import { join } from 'node:path';
import { asFunction, asValue, createContainer, InjectionMode, type AwilixContainer } from 'awilix';
import { Redis } from 'ioredis';
import { createAccess, type Access } from '../access/index.ts';
import {
  createAnchors,
  createAudit,
  AUDIT_SETTINGS,
  auditSettingsSchema,
  createAuditRetention,
  createAuditSealer,
  takeNotedActs,
  type Anchors,
  type Audit,
  type AuditRetention,
  type AuditSealer,
} from '../audit/index.ts';
import { filesPlace, type Clock, type Config } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { appendEvents, createEventBus, type EventBus } from '../events/index.ts';
import { createFiles, createStore, type Files } from '../files/index.ts';
import { createIdempotencyStore, VERSION, type IdempotencyStore } from '../http/index.ts';
import { createDirectory, createIdentity, type Identity } from '../identity/index.ts';
import { createJobs, type Jobs } from '../jobs/index.ts';
import { createLimits, type Limits } from '../limits/index.ts';
import { createNet, type Net } from '../net/index.ts';
import { createNotify, tellJobDead, type Notify } from '../notify/index.ts';
import { createPluginHost, type PluginHost } from '../plugins/index.ts';
import { createErasureJournal, createPortability, type Portability } from '../portability/index.ts';
import { createRecovery, type Recovery } from '../recovery/index.ts';
import { createSharing, type Sharing } from '../sharing/index.ts';
import { createSearchRoom, type SearchRoom } from '../search/index.ts';
import {
  createFlags,
  createQuotaLeases,
  createQuotas,
  createSecrets,
  createSettings,
  createUsage,
  type Flags,
  type Keyring,
  type QuotaLeases,
  type Quotas,
  type Secrets,
  type Settings,
  type Usage,
} from '../settings/index.ts';
import type { Health, Log, Metrics } from '../telemetry/index.ts';
import { createTenancy, type Tenancy } from '../tenancy/index.ts';

import { portabilityNeeds } from './declared.ts';
import { attributesOfTenant, onSettingsChange, tellPlugins, tieTenantLife, withPeople, withPost } from './ties.ts';

/** The file in the data directory that names the plugin being loaded, so that a crash names its culprit. */
export const BOOT_JOURNAL = 'boot-journal.jsonl';

/** What stands before any room: made by the boot, or given by a test. */
export interface Ground {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly database: Database;
  readonly keyring: Keyring;
}

/** Every room of an installation, one of each. */
export interface Rooms extends Ground {
  readonly redis: Redis | undefined;
  readonly limits: Limits;
  readonly net: Net;
  readonly files: Files;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly quotas: Quotas;
  readonly leases: QuotaLeases;
  readonly flags: Flags;
  readonly usage: Usage;
  readonly audit: Audit;
  readonly anchors: Anchors | undefined;
  readonly auditSealer: AuditSealer;
  readonly auditRetention: AuditRetention;
  readonly tenancy: Tenancy;
  readonly access: Access;
  readonly identity: Identity;
  readonly events: EventBus;
  readonly jobs: Jobs;
  readonly notify: Notify;
  readonly plugins: PluginHost;
  readonly portability: Portability;
  readonly search: SearchRoom;
  readonly sharing: Sharing;
  readonly recovery: Recovery;
  readonly idempotency: IdempotencyStore;
}

/** The root: who gets what. Each room is made when first asked for. */
export type Root = AwilixContainer<Rooms>;

/**
 * Wires the rooms. Strict: a singleton that would hold something of one request does not resolve.
 */
export function createRoot(ground: Ground): Root {
  const root = createContainer<Rooms>({ injectionMode: InjectionMode.PROXY, strict: true });
  const one = <T>(make: (rooms: Rooms) => T) => asFunction(make).singleton();
  root.register({
    config: asValue(ground.config),
    clock: asValue(ground.clock),
    log: asValue(ground.log),
    metrics: asValue(ground.metrics),
    health: asValue(ground.health),
    database: asValue(ground.database),
    keyring: asValue(ground.keyring),
    redis: one(({ config: { redisUrl } }) =>
      redisUrl
        ? // A connection on which no answer comes is made anew; until then everybody would wait for it.
          new Redis(redisUrl, { maxRetriesPerRequest: 1, commandTimeout: 1000, socketTimeout: 5000 })
        : undefined,
    ),
    limits: one(({ redis, log }) => createLimits(redis ? { redis, log } : {})),
    net: one(({ log, limits }) => createNet({ log, limits })),
    files: one(({ config, database, clock, log, keyring }) =>
      createFiles({
        database,
        clock,
        log,
        store: createStore(filesPlace(config), join(config.dataDir, 'files')),
        // Links outlive an exchange of the master key.
        masterKeys: [keyring.derive('podlift/files/v1')],
        publicUrl: config.publicUrl,
        // A plan may say how much, and an operator may say otherwise for one tenant.
        quota: async (tenant) => (await root.cradle.quotas.limitOf(tenant, 'file-bytes'))?.limit ?? config.fileQuota,
        maxBytes: config.fileMaxBytes,
        graceMs: config.fileGraceHours * 3600_000,
      }),
    ),
    settings: one((rooms) =>
      tellPlugins(
        createSettings({ database: rooms.database, clock: rooms.clock, onChange: onSettingsChange(rooms.clock) }),
        () => root.cradle.plugins,
      ),
    ),
    secrets: one(({ database, clock, keyring }) => createSecrets({ database, clock, sealer: keyring.sealer })),
    quotas: one(({ database, clock, tenancy, log }) =>
      createQuotas({
        database,
        clock,
        limitsOf: (tenant) => tenancy.limitsOf(tenant),
        onError: (err) => log.warn({ err }, 'Limits of a tenant could not be read anew'),
      }),
    ),
    leases: one(({ database, quotas, clock }) => createQuotaLeases({ database, quotas, now: () => clock.now() })),
    flags: one(({ database, clock, tenancy, log }) =>
      createFlags({
        database,
        clock,
        attributesOf: attributesOfTenant(tenancy),
        onError: (err) => log.warn({ err }, 'Flags could not be read anew'),
      }),
    ),
    usage: one(({ database, clock, log }) => createUsage({ database, clock, log })),
    audit: one(({ database, clock }) => createAudit(database, clock)),
    anchors: one(({ config: { auditAnchors, auditAnchorLog, dataDir }, database, clock, log }) =>
      auditAnchors === 'off'
        ? undefined
        : createAnchors({
            file: auditAnchors ?? join(dataDir, 'audit-anchors.jsonl'),
            database,
            clock,
            ...(auditAnchorLog && { tell: (anchor) => log.info({ anchor }, 'audit anchor') }),
          }),
    ),
    auditRetention: one(({ database, audit, clock, log, settings, config }) => {
      const schema = auditSettingsSchema(config.auditMinDays);
      const daysOf = async (tenant: string): Promise<number> =>
        schema.parse((await settings.get(tenant, AUDIT_SETTINGS)).value).retentionDays;
      return createAuditRetention({ database, audit, clock, log, daysOf, ownDays: schema.parse({}).retentionDays });
    }),
    auditSealer: one(({ database, log, anchors, audit, config }) =>
      createAuditSealer({
        database,
        log,
        before: () => takeNotedActs(config.dataDir, audit),
        ...(anchors && { anchors }),
      }),
    ),
    tenancy: one(({ config, database, clock, settings, log }) =>
      createTenancy({
        config,
        database,
        clock,
        settings,
        log,
        append: async (tx, events) => void (await appendEvents(tx, events, clock.now())),
      }),
    ),
    access: one(() => createAccess()),
    identity: one((rooms) => createIdentity(withPost(rooms, () => root.cradle.notify.letters))),
    events: one(({ database, log, metrics, clock }) => createEventBus({ database, log, metrics, clock })),
    jobs: one(({ database, events, log, metrics, clock, config }) =>
      createJobs({
        database,
        bus: events,
        log,
        metrics,
        clock,
        ...(config.redisUrl && { redisUrl: config.redisUrl }),
        enabledTenants: (plugin, wanted) => root.cradle.plugins.enabledTenants(plugin, wanted),
        onDead: (tx, job) => tellJobDead(tx, job, clock.now()),
      }),
    ),
    notify: one((rooms) =>
      createNotify(
        withPeople(
          rooms,
          rooms.keyring,
          createDirectory(rooms.database.pool('auth')),
          () => root.cradle.plugins.channels,
        ),
      ),
    ),
    plugins: one((rooms) =>
      createPluginHost(rooms, {
        directories: [{ dir: rooms.config.pluginsDir, trusted: true }],
        strict: rooms.config.strict,
        journal: join(rooms.config.dataDir, BOOT_JOURNAL),
        guard: true,
      }),
    ),
    portability: one(
      ({ config, keyring, database, clock, files, secrets, settings, audit, identity, tenancy, plugins }) =>
        createPortability({
          database,
          clock,
          files,
          secrets,
          settings,
          audit,
          identity,
          tenancy,
          sealer: keyring.sealer,
          ...portabilityNeeds(plugins),
          journal: createErasureJournal(join(config.dataDir, 'erasures')),
        }),
    ),
    recovery: one(({ config, database, clock, log, metrics, health }) =>
      createRecovery({ config, server: database.server, clock, log, metrics, health, podlift: VERSION }),
    ),
    sharing: one(({ database, clock, audit, jobs, tenancy, plugins }) =>
      createSharing({ database, clock, audit, jobs, tenancy, plugins }),
    ),
    search: one(({ database, clock, jobs, plugins, log }) => createSearchRoom({ database, clock, jobs, plugins, log })),
    idempotency: one(({ database, clock }) => createIdempotencyStore(database, clock)),
  });
  tieTenantLife(root.cradle);
  root.cradle.settings.register(AUDIT_SETTINGS, auditSettingsSchema(ground.config.auditMinDays));
  // It ties what it keeps for a tenant when it is made, and a command that purges one may have no other use for it.
  root.resolve('identity');
  // It says what the settings of privacy may be, and what its archives are.
  root.resolve('portability');
  return root;
}
