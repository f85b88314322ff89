import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that some tests use when the machine has them: name to path. */
export type Programs = Readonly<Partial<Record<OptionalProgram, string>>>;

export type OptionalProgram = 'redis' | 'chromium' | 'pgbouncer';

/** Names of the file to look for, and what is not tested without it. */
const OPTIONAL: Readonly<Record<OptionalProgram, { readonly files: readonly string[]; readonly without: string }>> = {
  redis: { files: ['redis-server'], without: 'jobs and rate limits on Redis' },
  chromium: { files: ['chromium', 'chromium-browser', 'google-chrome'], without: 'pages in a real browser' },
  pgbouncer: { files: ['pgbouncer'], without: 'a database behind a transaction pooler' },
};

/** Debian keeps servers where a normal user's PATH does not look. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** Finds the programs and prints what is missing and what is therefore not tested. @throws with `CI` set, where nothing may be missing. */
export function findPrograms(
  env: NodeJS.ProcessEnv = process.env,
  print: (line: string) => void = console.log,
  extraFolders: readonly string[] = EXTRA_FOLDERS,
): Programs {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...extraFolders];
  const found: Partial<Record<OptionalProgram, string>> = {};
  const missing: string[] = [];
  for (const [name, { files, without }] of Object.entries(OPTIONAL) as [
    OptionalProgram,
    (typeof OPTIONAL)[OptionalProgram],
  ][]) {
    const path = folders.flatMap((folder) => files.map((file) => join(folder, file))).find(isExecutable);
    if (path === undefined) missing.push(`not tested: ${without} (no ${files.join(' or ')} in PATH)`);
    else found[name] = path;
  }
  for (const line of missing) print(line);
  if (missing.length > 0 && env['CI']) throw new Error(`With CI set, nothing may be left out:\n${missing.join('\n')}`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
