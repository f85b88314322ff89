/** Tenants: the registry, how a request finds one, domains, settings, and how a tenant ends. @module */
export { migrations } from './migrations.ts';
export { createTenancy, type CreatedHook, type Tenancy, type TenancyDeps } from './tenancy.ts';
export { FREE, PLANS, UNLIMITED, type Plan } from './plans.ts';
export { checkSlug, suggestSlug } from './slug.ts';
export type { Tenant, TenantStatus } from './tenant.ts';
export type { TenantDomain } from './domains.ts';
export { isTimeZone, tenantSettingsSchema, type TenantSettings } from './tenant-settings.ts';
export type { Purged, PurgeHook } from './purge.ts';
export type { NewTenant, TenantEvent, TenantPage } from './tenants.ts';
export { operatorRoutes, type OperatorRouteDeps } from './operator-routes.ts';
export { workspaceRoutes, type WorkspaceRouteDeps } from './workspace-routes.ts';
export { TENANT_EXAMPLE, TenantJson, toTenantJson } from './tenant-json.ts';
