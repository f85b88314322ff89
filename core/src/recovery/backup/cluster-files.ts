import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing, RecoveryErrors } from '../errors.ts';

/** Folders whose content the server makes anew: they are kept empty. */
const EMPTIED = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
/** Files of this run of the server, our own notes (they hold a password), and what it rebuilds. */
const LEFT_OUT =
  /^(?:postmaster\.(?:pid|opts)|server\.log|podlift\.json.*|backup_label.*|tablespace_map.*|backup_manifest.*|pg_internal\.init.*|.*\.signal|current_logfiles.*)$/;
const TEMPORARY = /^pgsql_tmp|^t\d+_\d+/;
/** Folders inside the log's that the server wants to find. */
const LOG_FOLDERS = ['pg_wal/archive_status', 'pg_wal/summaries'];

/** The file that says where recovery begins; the server writes it in place. */
export const CONTROL_FILE = 'global/pg_control';

/** What belongs to a copy of a cluster, in an order that is the same each time. */
export async function listClusterFiles(dir: string): Promise<{ folders: string[]; files: string[] }> {
  const folders: string[] = [...LOG_FOLDERS];
  const files: string[] = [];
  const walk = async (at: string): Promise<void> => {
    const found = await readdir(join(dir, at), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const entry of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (LEFT_OUT.test(entry.name) || TEMPORARY.test(entry.name)) continue;
      if (at === 'pg_tblspc') throw RecoveryErrors.tablespaces();
      if (entry.isDirectory() || (entry.isSymbolicLink() && EMPTIED.has(path))) {
        folders.push(path);
        if (!EMPTIED.has(path)) await walk(path);
      } else if (entry.isFile() && path !== CONTROL_FILE) files.push(path);
    }
  };
  await walk('');
  // Last, as pg_basebackup does.
  return { folders, files: [...files, CONTROL_FILE] };
}

/** Reads a file that is rewritten in place until it reads the same twice. */
export async function readSettled(path: string): Promise<Buffer> {
  let before = await readFile(path);
  for (;;) {
    await sleep(2);
    const now = await readFile(path);
    if (now.equals(before)) return now;
    before = now;
  }
}
