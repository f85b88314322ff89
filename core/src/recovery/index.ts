/** The operator's day: backups with the log of the database, restores to a point in time, upgrades, the doctor. @module */
export { createBackup } from './backup/create.ts';
export { findBackup, type Manifest } from './backup/manifest.ts';
export { pruneBackups, type Pruned } from './backup/prune.ts';
export { verifyBackup, type Verified } from './backup/verify.ts';
export {
  createRecovery,
  destinationOf,
  openConfigured,
  sourceOf,
  type BackupStatus,
  type Recovery,
} from './recovery.ts';
export { RecoveryErrors } from './errors.ts';
export { parsePoint } from './restore/point.ts';
export { completeSwitch } from './restore/switch.ts';
export { restoreBackup, type Restored } from './restore/restore.ts';
export { diagnose, exitCodeOf, type DoctorDeps } from './doctor/doctor.ts';
export type { Finding } from './doctor/finding.ts';
export { migrations } from './migrations.ts';
export { announceNode, listNodes, listReleases, recordRelease, type Node } from './nodes.ts';
export { assertKnown, planUpgrade, type KnownOwner, type UpgradePlan } from './upgrade/plan.ts';
export { upgrade, type Upgraded } from './upgrade/upgrade.ts';
export { writeBundle, type BundleDeps } from './bundle/bundle.ts';
export { afterRestore } from './restore/after.ts';
export { keepErasures } from './erasures.ts';
export { recoveryRoutes } from './routes.ts';
export { dumpDatabase } from './external/dump.ts';
