import { rmSync } from 'node:fs';
import { clusterOf, inspectCluster, serverAccount, stopCluster } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import { RecoveryErrors } from '../errors.ts';
import { examineCluster, type Examination } from '../restore/examine.ts';
import { recoverCluster } from '../restore/recover.ts';
import type { Destination } from '../store/destination.ts';
import { createLane } from '../store/in-parallel.ts';
import { partsOf, type Manifest } from './manifest.ts';
import { fingerprintOf } from './master-key.ts';

export interface VerifyOptions {
  readonly destination: Destination;
  readonly manifest: Manifest;
  /** Where a copy of the database is built and removed again; beside the installation's own. */
  readonly dataDir: string;
  readonly masterKeys: readonly Uint8Array[];
  /** Only read every part and compare its digest; the database is not started. */
  readonly quick: boolean;
  readonly log: Log;
  readonly progress?: (what: string, done: number, total: number) => void;
}

/** What a check of a backup found. */
export interface Verified {
  readonly backup: string;
  readonly parts: number;
  readonly examination: Examination | undefined;
  readonly problems: readonly string[];
}

const WIDTH = 4;

/** Reads every part of a backup, then restores it aside, starts it, reads every row and checks indexes and pages. */
export async function verifyBackup(options: VerifyOptions): Promise<Verified> {
  const { destination, manifest, quick, log } = options;
  const parts = partsOf(manifest);
  const problems: string[] = [];
  const lane = createLane(WIDTH);
  let done = 0;
  for (const part of parts)
    await lane.add(async () => {
      await destination.get(part, { strict: true }).catch((error: Error) => problems.push(error.message));
      options.progress?.('reading parts', ++done, parts.size);
    });
  await lane.done();
  if (quick || problems.length > 0) return { backup: manifest.id, parts: parts.size, examination: undefined, problems };
  const masterKey = options.masterKeys.find((key) => fingerprintOf(key) === manifest.masterKey);
  if (!masterKey)
    throw RecoveryErrors.masterKeyWrong(manifest.masterKey, options.masterKeys.map(fingerprintOf).join(', '));
  const dir = `${clusterOf(options.dataDir)}.verifying-${process.pid}`;
  try {
    const server = await recoverCluster({
      destination,
      manifest,
      masterKey,
      dir,
      to: 'end',
      current: undefined,
      account: serverAccount(),
      log,
    });
    try {
      const examination = await examineCluster(server, { deep: true });
      return { backup: manifest.id, parts: parts.size, examination, problems: examination.problems };
    } finally {
      await server.stop();
    }
  } finally {
    if (inspectCluster(dir)?.running) await stopCluster(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
