import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError } from '../errors.ts';

/** Nobody holds the lock longer than this: it covers a start or a stop, never a run. */
const STALE_MS = 120_000;

/** Runs `fn` while no other process of any node runs one under the same lock file. A lock whose holder died is taken over. */
export async function underLock<T>(file: string, fn: () => Promise<T>, waitMs = STALE_MS): Promise<T> {
  const until = Date.now() + waitMs;
  while (!take(file)) {
    if (isStale(file)) takeOver(file);
    else if (Date.now() > until) {
      throw new DataError(
        'embedded_failed',
        `Another Podlift has been starting or stopping the embedded database for ${waitMs / 1000} s (lock ${file}). If none runs, delete that file.`,
      );
    } else await sleep(20);
  }
  try {
    return await fn();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Whether a process with this number runs, here. One that ended and whose parent has not noticed does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statOf(pid)[0] !== 'Z';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What tells a process from a later one with the same number; empty where the system does not say. */
export const birthOf = (pid: number): string => statOf(pid)[19] ?? '';

/** The fields of /proc/<pid>/stat from the state on; none on other systems than Linux. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function take(file: string): boolean {
  try {
    const fd = openSync(file, 'wx', 0o600);
    writeSync(fd, `${process.pid}\n${birthOf(process.pid)}\n${hostname()}\n`);
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file: string): boolean {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const [pid, birth, host] = readFileSync(file, 'utf8').split('\n');
    if (age > STALE_MS) return true;
    // Just made and not written yet, or of another machine: only its age can tell.
    if (!pid || host === undefined || host !== hostname()) return host === undefined && age > 5000;
    return !isAlive(Number(pid)) || birthOf(Number(pid)) !== birth;
  } catch {
    return false;
  }
}

/** Two waiters may both find a stale lock; the second must not delete the first's new one. */
function takeOver(file: string): void {
  const guard = `${file}.takeover`;
  if (!take(guard)) {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 5000) rmSync(guard, { force: true });
    } catch {
      // Gone already.
    }
    return;
  }
  try {
    if (isStale(file)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}
