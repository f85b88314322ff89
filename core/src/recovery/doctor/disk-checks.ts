import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import { destinationOf } from '../recovery.ts';
import { failing, ok, skipped, warning, type Check } from './finding.ts';

const LOW_BYTES = 1 << 30;
const VERY_LOW_BYTES = 200 * 1024 * 1024;
const SAMPLE = 20;
const SAMPLE_BYTES = 64 * 1024 * 1024;
/** As many as asked for, from anywhere. */
const CONTENTS = `
  select tenant_id::text as tenant, digest, object from core.file_content where size <= $2 and damage is null order by random() limit $1`;
const DAMAGED = `select count(*)::int as n from core.file_content where damage is not null`;

/** The disks: room, rights, and whether files are what they were when they were kept. */
export const diskChecks = (config: Config, database: Database): Check[] => [
  roomCheck('disk', 'the data directory', config.dataDir),
  ...(config.backupDir ? [roomCheck('backup disk', 'the folder for backups', destinationOf(config))] : []),
  {
    name: 'files',
    run: () =>
      database.system('doctor: files', async (tx) => {
        const damaged = (await tx.query<{ n: number }>(DAMAGED))[0]?.n ?? 0;
        if (damaged > 0)
          return failing(
            `${damaged} files are damaged or lost`,
            'See `podlift files verify`, and restore them from a backup.',
          );
        if (config.filesUrl !== undefined)
          return skipped('files are kept in a bucket; `podlift files verify` reads them');
        const wrong: string[] = [];
        const some = await tx.query<{ tenant: string; digest: string; object: string }>(CONTENTS, [
          SAMPLE,
          SAMPLE_BYTES,
        ]);
        for (const { tenant, digest, object } of some)
          if ((await digestOf(join(config.dataDir, 'files', tenant, object))) !== digest) wrong.push(digest);
        return wrong.length === 0
          ? ok(some.length === 0 ? 'no files are kept' : `${some.length} files taken at random are what was kept`)
          : failing(
              `${wrong.length} of ${some.length} files are not what was kept: ${wrong.join(', ')}`,
              'Restore them from a backup and have the disk examined.',
            );
      }),
  },
];

function roomCheck(name: string, what: string, folder: string): Check {
  return {
    name,
    async run() {
      try {
        await access(folder, constants.W_OK);
      } catch (error) {
        return failing(
          `${what} ${folder} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
          'Make the folder and give it to the user that runs Podlift.',
        );
      }
      const { bavail, bsize } = await statfs(folder);
      const free = bavail * bsize;
      const told = `${(free / 2 ** 30).toFixed(1)} GiB free in ${what}`;
      if (free < VERY_LOW_BYTES) return failing(told, 'Free some space now: writes are about to fail.');
      return free < LOW_BYTES ? warning(told, 'Free some space, or move to a larger disk.') : ok(told);
    },
  };
}

async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
