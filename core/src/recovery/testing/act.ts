/** Run as a process of its own by drills: makes or restores a backup and dies at a named step, as if the power went. @module */
import { join } from 'node:path';
import { startEmbedded } from '../../data/index.ts';
import { silentLog } from '../../telemetry/index.ts';
import { createBackup } from '../backup/create.ts';
import { findBackup } from '../backup/manifest.ts';
import { pruneBackups } from '../backup/prune.ts';
import { restoreBackup } from '../restore/restore.ts';
import { openDestination } from '../store/destination.ts';

/** What to do; the only argument, as JSON. */
export interface Act {
  readonly kind: 'backup' | 'restore' | 'prune';
  readonly dataDir: string;
  readonly backups: string;
  /** `latest`, or a time. */
  readonly to?: string;
  readonly backup?: string;
  /** The step after which it dies: the how-manieth. */
  readonly dieAt?: number;
}

export const MASTER_KEY = new Uint8Array(32).fill(7);

if (import.meta.main) {
  // Given by the drill itself.
  const act = JSON.parse(process.argv[2] ?? '{}') as Act;
  let at = 0;
  const step = (name: string): void => {
    process.stdout.write(`${name}\n`);
    if (++at === act.dieAt) process.kill(process.pid, 'SIGKILL');
  };
  const destination = await openDestination(act.backups, { create: true });
  if (act.kind === 'backup') {
    const server = await startEmbedded({ dir: join(act.dataDir, 'postgres'), log: silentLog, quick: true });
    const source = {
      server,
      filesDir: join(act.dataDir, 'files'),
      masterKey: MASTER_KEY,
      podlift: '0.1.0',
      config: [],
      log: silentLog,
    };
    await createBackup(source, destination, { step });
    await server.close();
  } else if (act.kind === 'prune') await pruneBackups(destination, { daily: 1, weekly: 0, monthly: 0 });
  else
    await restoreBackup({
      destination,
      manifest: await findBackup(destination, act.backup ?? 'latest'),
      dataDir: act.dataDir,
      masterKeys: [MASTER_KEY],
      to: act.to === undefined ? 'end' : act.to === 'latest' ? 'latest' : new Date(act.to),
      force: true,
      podlift: '0.1.0',
      major: '18',
      log: silentLog,
      step,
    });
}
