/** Plugins: found by their manifests, wired by contracts, loaded, called through one door, and kept from harming each other. @module */
export { createPluginHost } from './host.ts';
export type { CallRequest, PluginHost, PluginHostOptions } from './plugin-host.ts';
export type { HomePanel } from './wiring/panels.ts';
export { declaredData, type DeclaredData } from './declared-data.ts';
export type { PluginHostDeps } from './deps.ts';
export { migrations } from './migrations.ts';
export type { GraphEdge, PluginDetails, PluginSummary } from './describe.ts';
export type { Finding } from './doctor.ts';
export type { PluginState } from './lifecycle/status.ts';
export type { Decision } from './tenants/decisions.ts';
export type { CommandOutput } from './calls/table.ts';
export type { CommandRequest, PluginCommand } from './wiring/commands.ts';
export { discoverPlugins, type Discovery, type PluginDirectory, type PluginSource } from './discovery/index.ts';
export { pluginRoutes } from './routes/index.ts';
export { reportToSupervisor, supervise, type SuperviseOptions } from './boot/index.ts';
export { flagsOf, metersOf } from './declared.ts';
