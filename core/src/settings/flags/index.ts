/** Feature flags: declared, decided by rules, and explained. @module */
export type { FlagDefinition, FlagValue } from './definition.ts';
export { createFlags, type FlagAsker, type FlagInfo, type Flags, type FlagsDeps } from './flags.ts';
export { flagRoutes, type FlagRouteDeps } from './routes.ts';
