import { PodliftError } from '@podlift/sdk';

const failed = (code: string, message: string, cause?: unknown) =>
  new PodliftError(`recovery.${code}`, message, { kind: 'unavailable', ...(cause !== undefined && { cause }) });
const wrong = (code: string, message: string) => new PodliftError(`recovery.${code}`, message, { kind: 'invalid' });

/** Every way in which backing up and restoring can fail. */
export const RecoveryErrors = {
  notEmbedded: () =>
    wrong(
      'not_embedded',
      'This installation uses the database that DATABASE_URL names, so its provider makes the backups. `podlift doctor` and the guide "Backup and restore" say what to ask for.',
    ),
  noDumper: (database: string, major: number) =>
    wrong(
      'dumper_missing',
      `The database ${database} is not ours, and this machine has no pg_dump. Install the client programs of PostgreSQL ${major} or later, or have the provider keep backups: point-in-time recovery of 7 days and a daily snapshot elsewhere.`,
    ),
  oldDumper: (ours: number, theirs: number) =>
    wrong(
      'dumper_old',
      `The pg_dump of this machine is of PostgreSQL ${ours} and cannot dump ${theirs}. Install the client programs of ${theirs} or later, or have the provider keep backups: point-in-time recovery of 7 days and a daily snapshot elsewhere.`,
    ),
  dumpFailed: (said: string) =>
    failed(
      'dump_failed',
      `pg_dump failed${/row.level security/i.test(said) ? ': the user of DATABASE_URL may not read all tenants. Give pg_dump a role with BYPASSRLS, or have the provider make the backup' : ''}. ${said}`,
    ),
  noCluster: (dir: string) =>
    wrong('no_database', `${dir} holds no database yet. Start Podlift once before you back it up.`),
  unknownBackup: (id: string, destination: string) =>
    new PodliftError(
      'recovery.backup_unknown',
      `There is no backup ${id} in ${destination}. See \`podlift backup list\`.`,
      {
        kind: 'missing',
      },
    ),
  noBackups: (destination: string) =>
    new PodliftError(
      'recovery.no_backups',
      `There is no backup in ${destination} yet. Make one with \`podlift backup create\`.`,
      {
        kind: 'missing',
      },
    ),
  busy: (destination: string) =>
    failed('busy', `Another backup, restore or clean-up is using ${destination}. Wait for it, then try again.`),
  damaged: (what: string, why: string) => failed('damaged', `The backup is damaged: ${what} ${why}.`),
  notEncrypted: (destination: string) =>
    wrong(
      'not_encrypted',
      `The backups in ${destination} are not encrypted. Leave the key out, or choose an empty folder.`,
    ),
  keyNeeded: (destination: string) =>
    wrong(
      'key_needed',
      `The backups in ${destination} are encrypted. Set PODLIFT_BACKUP_KEY_FILE to the file that holds their key.`,
    ),
  keyWrong: (destination: string) =>
    wrong(
      'key_wrong',
      `PODLIFT_BACKUP_KEY_FILE holds another key than the one that encrypted the backups in ${destination}.`,
    ),
  keyUnreadable: (file: string, cause: unknown) =>
    new PodliftError(
      'recovery.key_unreadable',
      `The key of the backups cannot be read from ${file}; it needs at least 16 characters.`,
      {
        kind: 'invalid',
        cause,
      },
    ),
  masterKeyWrong: (wanted: string, given: string) =>
    wrong(
      'master_key_wrong',
      `This backup was made with the master key ${wanted}, and the one you gave is ${given}. Backups never hold the key: set PODLIFT_MASTER_KEY to the key of then, or put its master.key file into the data directory.`,
    ),
  masterKeyMissing: (dataDir: string) =>
    wrong(
      'master_key_missing',
      `To restore, the master key of the backup is needed; backups never hold it. Set PODLIFT_MASTER_KEY, or put the master.key file into ${dataDir}.`,
    ),
  inUse: (dataDir: string) =>
    wrong('in_use', `Podlift runs on ${dataDir}. Stop it, then restore; nothing was changed.`),
  notEmpty: (dataDir: string) =>
    wrong(
      'not_empty',
      `${dataDir} holds data already. Restore into another folder with --data-dir, or add --force: then what is there is moved aside, not deleted.`,
    ),
  timeUnreadable: (text: string) =>
    wrong(
      'time_unreadable',
      `"${text}" is not a point in time. Write it with its zone, for example 2026-11-24T10:15:00Z or 2026-11-24T11:15:00+01:00.`,
    ),
  timeBefore: (to: string, from: string) =>
    wrong(
      'time_before',
      `${to} lies before the end of that backup (${from}). Choose an older backup; \`podlift backup list\` shows them.`,
    ),
  timeAfter: (to: string, last: string) =>
    wrong(
      'time_after',
      `The log that was kept ends at ${last}, before ${to}. Choose a time until then, or \`--to latest\`.`,
    ),
  versionNewer: (what: string, theirs: string, ours: string) =>
    wrong(
      'version_newer',
      `${what} was made by Podlift ${theirs}, and this is ${ours}. Install ${theirs} or a later version; nothing was changed.`,
    ),
  dataNewer: (theirs: string | undefined, ours: string, unknown: readonly string[]) =>
    wrong(
      'data_newer',
      `This data was made by a newer Podlift${theirs ? ` (${theirs})` : ''} and this is ${ours}: it does not know ${unknown.join(', ')}. Install the newer version again, or restore the backup from before the upgrade; nothing was changed.`,
    ),
  majorOther: (theirs: string, ours: string) =>
    wrong(
      'major_other',
      `The backup was made by PostgreSQL ${theirs}, and this Podlift brings ${ours}. Restore it with the Podlift that made it, then upgrade.`,
    ),
  gap: (segment: string) =>
    failed(
      'log_gap',
      `The log of the database has a gap: ${segment} is missing, so this point in time cannot be reached. Choose an earlier time or another backup.`,
    ),
  recoveryFailed: (cause: unknown) =>
    failed(
      'restore_failed',
      `The restored database did not come up; nothing was changed. ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    ),
  diskFull: (where: string, cause: unknown) =>
    failed(
      'disk_full',
      `There is no space left in ${where}. Make some, or choose another folder, then try again; what was there before is untouched.`,
      cause,
    ),
  unwritable: (where: string, cause: unknown) =>
    failed('unwritable', `${where} cannot be written to. Correct its owner or choose another folder.`, cause),
  tablespaces: () =>
    wrong(
      'tablespaces',
      'The database uses tablespaces outside its folder; Podlift does not back those up. Use pg_basebackup.',
    ),
} as const;

/** A failure of the disk as one of ours; anything else as it is. */
export function explainDisk(where: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return RecoveryErrors.diskFull(where, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR')
    return RecoveryErrors.unwritable(where, error);
  return error;
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';
