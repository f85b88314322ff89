import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErasureJournal } from './deps.ts';

const TENANT = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A file per tenant beside the database, so that a restore of the database does not undo an erasure. */
export function createErasureJournal(folder: string): ErasureJournal {
  const pathOf = (tenant: string): string => {
    if (!TENANT.test(tenant)) throw new Error(`${JSON.stringify(tenant)} is not the id of a tenant.`);
    return join(folder, `${tenant}.ndjson`);
  };
  return {
    async append(tenant, line) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(pathOf(tenant), 'a', 0o600);
      try {
        await handle.writeFile(`${line}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    async read(tenant) {
      const text = await readFile(pathOf(tenant), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      return text.split('\n').filter(Boolean);
    },
  };
}
