/** What a tenant decided: settings with their history, sealed secrets, and how much it may use. @module */
export {
  createFlags,
  flagRoutes,
  type FlagAsker,
  type FlagDefinition,
  type FlagInfo,
  type Flags,
  type FlagValue,
} from './flags/index.ts';
export {
  openKeyring,
  rotateKeys,
  verifyKeys,
  type Keyring,
  type KeyReport,
  type Rotation,
  type Shelf,
} from './keys/index.ts';
export { migrations } from './migrations.ts';
export { createQuotaLeases, type QuotaLeases } from './leases.ts';
export { createQuotas, type PlanLimits, type QuotaLimit, type Quotas, type QuotaUsage } from './quotas.ts';
export { quotaRoutes, type QuotaRouteDeps } from './quota-routes.ts';
export type { QuotaOverride, QuotaOverrides } from './quota-overrides.ts';
export {
  createUsage,
  type CoreMeter,
  type MeterDefinition,
  type MeterInfo,
  type TenantUsage,
  type Usage,
  type UsageEntry,
  type UsageQuery,
} from './usage/index.ts';
export { usageRoutes, type UsageRouteDeps } from './usage/routes.ts';
export { createSealer, type Sealer, type SecretPlace } from './seal.ts';
export { createSecrets, type SecretInfo, type Secrets } from './secrets.ts';
export {
  createSettings,
  type OnSettingsChange,
  type SaveOptions,
  type Settings,
  type SettingsChange,
  type SettingsValue,
} from './settings.ts';
export type { SettingsSchema } from './schema.ts';
export { settingsRoutes, type SettingsRouteDeps } from './routes.ts';
