import { mkdir, statfs } from 'node:fs/promises';
import type { HealthResult } from '../../telemetry/index.ts';

const LEAST_FREE = 200 * 1024 * 1024;

/** Tells when the disk with the files is nearly full. */
export async function checkFreeSpace(root: string, leastFree = LEAST_FREE): Promise<HealthResult> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  if (free >= leastFree) return { ok: true };
  return { ok: false, reason: `Only ${Math.floor(free / 1024 / 1024)} MB are left on the disk that holds the files.` };
}
