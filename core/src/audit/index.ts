/** Who did what, to what, when: added to, never changed, and chained so that a change would show. @module */
export { createAudit, type Audit, type Witness } from './audit.ts';
export { createAnchors, type Anchors } from './chain/anchors.ts';
export type { Finding } from './chain/check.ts';
export { createAuditSealer, type AuditSealer } from './chain/sealer.ts';
export { verifyChains, type ChainReport } from './chain/verify.ts';
export { currentAct, runActing, type ActContext } from './context.ts';
export type { AuditActor, AuditEntry, AuditFilter, AuditRecord, AuditVia } from './entry.ts';
export { migrations } from './migrations.ts';
export type { Redaction, RedactionChoice } from './redaction.ts';
export { auditRoutes } from './routes.ts';
