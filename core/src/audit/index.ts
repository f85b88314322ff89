/** Who did what, to what, when: added to, never changed, and chained so that a change would show. @module */
export { createAudit, type Audit, type Witness } from './audit.ts';
export { createAnchors, type Anchors } from './chain/anchors.ts';
export type { Finding } from './chain/check.ts';
export { createAuditSealer, type AuditSealer } from './chain/sealer.ts';
export { verifyChains, type ChainReport } from './chain/verify.ts';
export { currentAct, runActing, type ActContext } from './context.ts';
export type { AuditActor, AuditEntry, AuditFilter, AuditRecord, AuditVia } from './entry.ts';
export { EXPORT_FORMATS, exportChain, type ExportFormat } from './export/write.ts';
export { fromLines } from './export/ndjson.ts';
export { checkChain } from './chain/check.ts';
export { migrations } from './migrations.ts';
export { noteAct, takeNotedActs } from './outside.ts';
export { INSTALLATION, type Redaction, type RedactionChoice } from './redaction.ts';
export { AUDIT_SETTINGS, auditSettingsSchema, createAuditRetention, type AuditRetention } from './retention.ts';
export { auditRoutes } from './routes.ts';
