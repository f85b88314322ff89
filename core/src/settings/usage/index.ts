/** How much of what each tenant uses, by the hour. @module */
export { CORE_METERS, meterName, type CoreMeter, type MeterDefinition, type MeterInfo } from './meters.ts';
export type { TenantUsage, UsageEntry, UsageQuery } from './read.ts';
export { createUsage, type MeteredAmount, type Usage, type UsageDeps } from './usage.ts';
