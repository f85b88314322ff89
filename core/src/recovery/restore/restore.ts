import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@podlift/sdk';
import { accessOf, clusterOf, inspectCluster, serverAccount, stopCluster } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';
import type { Manifest } from '../backup/manifest.ts';
import { fingerprintOf } from '../backup/master-key.ts';
import { explainDisk, RecoveryErrors } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import { writeDurably } from '../store/durable.ts';
import { holdLock } from '../store/held-lock.ts';
import { unpackFiles } from '../store/unpack.ts';
import { isNewer } from '../version.ts';
import { examineCluster, type Examination } from './examine.ts';
import { bringErasures } from '../erasures.ts';
import { notePath } from './after.ts';
import { recoverCluster, type RestorePoint } from './recover.ts';
import { completeSwitch, switchFolders } from './switch.ts';

export interface RestoreOptions {
  readonly destination: Destination;
  readonly manifest: Manifest;
  readonly dataDir: string;
  /** The keys that may have sealed the backup, the current one first. */
  readonly masterKeys: readonly Uint8Array[];
  readonly to: RestorePoint;
  /** What is there is moved aside. Without it only an empty folder is restored into. */
  readonly force: boolean;
  /** Version of this program. */
  readonly podlift: string;
  readonly major: string;
  readonly log: Log;
  readonly progress?: (what: string, bytes: number) => void;
  /** Tests: called between any two steps. */
  readonly step?: (name: string) => void | Promise<void>;
}

/** What a restore did. */
export interface Restored {
  readonly backup: string;
  /** The moment whose state it is. */
  readonly state: string;
  /** Folders that were moved aside. */
  readonly aside: readonly string[];
  readonly examination: Examination;
  /** Files that rows speak of and that neither the backup nor the folder before it holds. */
  readonly missingFiles: number;
  readonly ms: number;
}

/**
 * Puts an installation back as it was. Everything is built and tried beside what is there; only then folders change places, and
 * what was there before stays beside. A crash at any moment leaves either the old state or one that the next start completes.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const began = performance.now();
  const { dataDir, manifest, destination, to } = options;
  const step = options.step ?? (() => undefined);
  await completeSwitch(dataDir);
  const masterKey = keyFor(options);
  assertVersions(options);
  if (to instanceof Date && to.getTime() < Date.parse(manifest.finishedAt))
    throw RecoveryErrors.timeBefore(to.toISOString(), manifest.finishedAt);
  const cluster = clusterOf(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  return holdLock(
    `${cluster}.lock`,
    async () => {
      const files = join(dataDir, 'files');
      const there = await makeRoom(cluster, files, options);
      const making = { cluster: `${cluster}.restoring`, files: `${files}.restoring` };
      await clear(making.cluster, making.files);
      try {
        await step('cleared');
        const server = await recoverCluster({
          ...options,
          masterKey,
          dir: making.cluster,
          current: there.cluster ? cluster : undefined,
          ...(there.cluster && { port: accessOf(cluster).port }),
          account: serverAccount(),
        });
        let examination: Examination;
        try {
          await step('recovered');
          mkdirSync(making.files, { recursive: true, mode: 0o700 });
          await unpackFiles(destination, { root: making.files, entries: manifest.files.entries });
          examination = await examineCluster(server, {
            files: making.files,
            alsoFrom: there.files ? files : undefined,
          });
          await step('examined');
        } finally {
          await server.stop();
        }
        const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
        const state = to === 'end' ? manifest.finishedAt : to === 'latest' ? 'latest' : to.toISOString();
        const note = `${notePath(dataDir)}.restoring`;
        await writeDurably(
          note,
          JSON.stringify({ id: uuidv7(), backup: manifest.id, state, at: new Date().toISOString() }),
        );
        await bringErasures(destination, dataDir);
        // One that nobody has read yet speaks of data that is moved aside now.
        rmSync(notePath(dataDir), { force: true });
        const moves = [
          ...(there.cluster ? [{ from: cluster, to: `${cluster}.before-${stamp}` }] : []),
          { from: making.cluster, to: cluster },
          ...(there.files ? [{ from: files, to: `${files}.before-${stamp}` }] : []),
          { from: making.files, to: files },
          { from: note, to: notePath(dataDir) },
        ];
        // The empty folder that a start made is in the way.
        if (!there.cluster) rmSync(cluster, { recursive: true, force: true });
        if (!there.files) rmSync(files, { recursive: true, force: true });
        await step('stopped');
        await switchFolders(dataDir, moves, step);
        const aside = moves.filter(({ to: target }) => target.includes('.before-')).map(({ to: target }) => target);
        options.log.info({ backup: manifest.id, aside }, 'a backup was restored');
        return {
          backup: manifest.id,
          state,
          aside,
          examination,
          missingFiles: examination.missingFiles,
          ms: Math.round(performance.now() - began),
        };
      } catch (error) {
        await clear(making.cluster, making.files).catch(() => undefined);
        throw explainDisk(dataDir, error);
      }
    },
    () => RecoveryErrors.inUse(dataDir),
  );
}

function keyFor({ masterKeys, manifest }: RestoreOptions): Uint8Array {
  const found = masterKeys.find((key) => fingerprintOf(key) === manifest.masterKey);
  const [first] = masterKeys;
  if (!found) throw RecoveryErrors.masterKeyWrong(manifest.masterKey, first ? fingerprintOf(first) : 'none');
  return found;
}

function assertVersions({ manifest, podlift, major }: RestoreOptions): void {
  if (isNewer(manifest.podlift, podlift)) throw RecoveryErrors.versionNewer('The backup', manifest.podlift, podlift);
  if (manifest.postgres.major !== major) throw RecoveryErrors.majorOther(manifest.postgres.major, major);
}

/** What is there now, and that nobody uses it. @throws PodliftError when it must not be touched. */
async function makeRoom(
  cluster: string,
  files: string,
  { dataDir, force }: RestoreOptions,
): Promise<{ cluster: boolean; files: boolean }> {
  const facts = inspectCluster(cluster);
  const there = {
    cluster: facts !== undefined,
    files: existsSync(files) && readdirSync(files).some((name) => !name.startsWith('.')),
  };
  if (facts?.used) throw RecoveryErrors.inUse(dataDir);
  if ((there.cluster || there.files) && !force) throw RecoveryErrors.notEmpty(dataDir);
  // Left behind by a Podlift that crashed: nobody uses it, and its log has to be at rest.
  if (facts?.running) await stopCluster(cluster);
  return there;
}

/** Removes what an interrupted restore left, its server first. */
async function clear(cluster: string, files: string): Promise<void> {
  if (inspectCluster(cluster)?.running) await stopCluster(cluster);
  rmSync(cluster, { recursive: true, force: true, maxRetries: 3 });
  rmSync(files, { recursive: true, force: true, maxRetries: 3 });
}
