/** Who did what, to what, when: added to, never changed. @module */
export {
  createAudit,
  type Audit,
  type AuditActor,
  type AuditEntry,
  type AuditFilter,
  type AuditRecord,
} from './audit.ts';
export { migrations } from './migrations.ts';
export { auditRoutes } from './routes.ts';
