import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectClient, shownUrl } from '../../data/index.ts';
import { backupId } from '../backup/manifest.ts';
import { explainDisk, RecoveryErrors } from '../errors.ts';
import { syncFolder } from '../../files/index.ts';
import { ensureFolder, writeDurably } from '../store/durable.ts';

/** A dump of a database that is not ours. */
export interface Dump {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Dumps somebody else's PostgreSQL with the `pg_dump` of this machine, in its own format. It holds one moment of the database and no log:
 * moments in between are the provider's to keep.
 */
export async function dumpDatabase(url: string, folder: string, program = 'pg_dump'): Promise<Dump> {
  const client = await connectClient(url);
  let major: number;
  try {
    const { rows } = await client.query<{ n: number }>(
      `select current_setting('server_version_num')::int / 10000 as n`,
    );
    major = rows[0]?.n ?? 0;
  } finally {
    await client.end();
  }
  const ours = await versionOf(program);
  if (ours === undefined) throw RecoveryErrors.noDumper(shownUrl(url), major);
  if (ours < major) throw RecoveryErrors.oldDumper(ours, major);
  const dumps = join(folder, 'dumps');
  const id = backupId(new Date());
  const file = join(dumps, `${id}.dump`);
  try {
    await ensureFolder(dumps);
    await run(program, url, `${file}.making`);
    const sha256 = await digestOf(`${file}.making`);
    await writeDurably(`${file}.sha256`, `${sha256}  ${id}.dump\n`);
    await rename(`${file}.making`, file);
    await syncFolder(dumps);
    return { id, file, bytes: (await stat(file)).size, sha256 };
  } catch (error) {
    await rm(`${file}.making`, { force: true }).catch(() => undefined);
    throw explainDisk(folder, error);
  }
}

async function versionOf(program: string): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version']);
    return Number(/(\d+)/.exec(stdout)?.[1]);
  } catch {
    return undefined;
  }
}

/** The password goes through the environment: arguments are seen by everybody on the machine. */
async function run(program: string, url: string, file: string): Promise<void> {
  const { password } = new URL(url);
  const shown = new URL(url);
  shown.password = '';
  const child = spawn(program, ['--format=custom', '--compress=6', `--file=${file}`, `--dbname=${shown.href}`], {
    env: { ...process.env, PGPASSWORD: decodeURIComponent(password) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  if (code !== 0) throw RecoveryErrors.dumpFailed(said.trim());
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
