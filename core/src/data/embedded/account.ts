import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { DataError } from '../errors.ts';

/** The account the server runs as; empty when it is our own. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses root, so root starts it as `postgres` or `nobody`; everybody else as themselves. */
export function serverAccount(): Account {
  if (process.platform === 'win32') return {};
  if (process.getuid?.() !== 0) {
    requireAccountEntry();
    return {};
  }
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = entries.find(([name]) => name === 'postgres') ?? entries.find(([name]) => name === 'nobody');
  const [, , uid, gid] = entry ?? [];
  if (uid === undefined || gid === undefined) {
    throw new DataError(
      'embedded_unsupported',
      'Embedded PostgreSQL does not run as root, and this machine has no account "postgres" or "nobody" to run it as. Start Podlift as a normal user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** `initdb` looks its own user up by number; containers with made-up numbers have no answer. */
function requireAccountEntry(): void {
  try {
    userInfo();
  } catch (cause) {
    throw new DataError(
      'embedded_unsupported',
      `Embedded PostgreSQL cannot run as user ${process.getuid?.()}, which has no entry in /etc/passwd. Set DATABASE_URL to a PostgreSQL server, or run Podlift as a user with an entry.`,
      { cause },
    );
  }
}

/** Whether `account` can reach everything below `path`: every existing folder above it lets strangers pass. */
export function canTraverse(path: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  for (let at = path; ; at = dirname(at)) {
    try {
      const entry = statSync(at);
      const { mode, uid, gid } = entry;
      // A file in the way is no matter of rights; making the folder will say so.
      if (!entry.isDirectory()) return true;
      const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    } catch {
      // Not made yet: it will be ours to open up.
    }
    if (at === dirname(at)) return true;
  }
}
