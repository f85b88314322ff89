import { DataError } from '../errors.ts';

/** What PostgreSQL or the system says, and what we say instead. The first that matches wins. */
const CAUSES: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [
    /No space left on device|ENOSPC|Disk quota exceeded/i,
    'the disk is full. Free some space and start again; what was committed is not lost',
  ],
  [/Read-only file system|EROFS/i, 'the disk is read-only. Set PODLIFT_DATA_DIR to a folder that can be written'],
  [
    /Permission denied|EACCES|EPERM|Operation not permitted|has wrong ownership/i,
    'its account may not read or write that folder. Give it the folder, or set PODLIFT_DATA_DIR to another',
  ],
  [/ENOTDIR|EEXIST/, 'a file stands where the folder should be. Set PODLIFT_DATA_DIR to another folder'],
  [
    /Address already in use|could not bind|could not create any TCP\/IP sockets/i,
    'its port was taken by another program',
  ],
  [
    /could not look up effective user ID/i,
    'this user has no entry in /etc/passwd. Set DATABASE_URL to a PostgreSQL server',
  ],
  [
    /database files are incompatible with server|was initialized by PostgreSQL version/i,
    'it was made by another major version of PostgreSQL. Start the Podlift that made it, or move the data over',
  ],
  [
    /could not map anonymous shared memory|could not create shared memory|out of memory|Cannot allocate memory/i,
    'the machine has too little memory for it',
  ],
  [
    /could not locate a valid checkpoint record|invalid checkpoint record/i,
    'its files are damaged. Restore the folder from a backup',
  ],
  [
    /error while loading shared libraries|GLIBC_|spawn .*ENOENT/i,
    'its programs do not run on this system. Set DATABASE_URL to a PostgreSQL server',
  ],
];

const ACTS = {
  make: 'could not make its database in',
  start: 'did not start in',
  read: 'cannot read',
  stop: 'did not stop in',
} as const;

/** Turns a failure of the embedded server into a sentence somebody can act on; what it said itself follows. */
export function explain(act: keyof typeof ACTS, dir: string, cause: unknown, said = ''): DataError {
  const text = [said, textOf(cause)].filter(Boolean).join('\n').trim();
  const known = CAUSES.find(([pattern]) => pattern.test(text));
  const why = known ? `: ${known[1]}.` : '.';
  const tail = text.split('\n').slice(-12).join('\n  ');
  return new DataError('embedded_failed', `Embedded PostgreSQL ${ACTS[act]} ${dir}${why}${tail ? `\n  ${tail}` : ''}`, {
    cause,
  });
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : '';
  const output = cause as Error & { stderr?: string; stdout?: string };
  return [cause.message, output.stdout, output.stderr].filter(Boolean).join('\n');
}
