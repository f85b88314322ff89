import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { birthOf, isAlive } from './lock.ts';

/** Each process that uses the server keeps a file beside it. */
export const userFile = (dir: string): string => join(`${dir}.users`, String(process.pid));

/** Whether a process that lives uses the cluster; files of those that are gone are removed. */
export function hasUsers(dir: string): boolean {
  let some = false;
  for (const name of readdirSync(`${dir}.users`)) {
    const file = join(`${dir}.users`, name);
    if (isAlive(Number(name)) && readFileSync(file, 'utf8') === birthOf(Number(name))) some = true;
    else rmSync(file, { force: true });
  }
  return some;
}
