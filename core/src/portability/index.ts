/** A tenant's data and people's rights: export and import of one tenant, requests of persons, retention. @module */
export { migrations } from './migrations.ts';
export {
  createPrivacyCatalog,
  type DeclaredColumns,
  type DeclaredOwner,
  type Personal,
  type PrivacyCatalog,
} from './catalog/privacy.ts';
export { createPortability, type Portability, type PortabilityDeps } from './portability.ts';
export type { InstalledPlugin } from './transfer/deps.ts';
export { definePortabilityJobs, type PortabilityJobsDeps } from './jobs.ts';
export { portabilityRoutes, type PortabilityRouteDeps } from './routes/index.ts';
export { createErasureJournal } from './subject/journal.ts';
