import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../errors.ts';

/** Everything below the folder with tenants' files but drafts, which nobody can see yet. Names are digests: content never changes. */
export async function listFiles(root: string): Promise<string[]> {
  const paths: string[] = [];
  const walk = async (at: string): Promise<void> => {
    const found = await readdir(join(root, at), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const entry of found) {
      if (entry.name.startsWith('.')) continue;
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) paths.push(path);
    }
  };
  await walk('');
  return paths.toSorted();
}
