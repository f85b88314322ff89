import { readFileSync } from 'node:fs';

/** Kills a PostgreSQL server and every process of it at once, as when the power goes. */
export function killServer(pid: number): void {
  for (const one of [pid, ...childrenOf(pid)]) {
    try {
      process.kill(one, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Elsewhere than on Linux the children notice by themselves that their parent has died. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
