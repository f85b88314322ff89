/** The operator's day: backups with the log of the database, restores to a point in time, upgrades, the doctor. @module */
export { createBackup, type BackupSource } from './backup/create.ts';
export { findBackup, listBackups, type Manifest } from './backup/manifest.ts';
export { completeSwitch } from './restore/switch.ts';
export { restoreBackup, type RestoreOptions, type Restored } from './restore/restore.ts';
export { openDestination, type Destination } from './store/destination.ts';
export { startLogKeeper, type LogKeeper, type LogStatus } from './wal/keeper.ts';
