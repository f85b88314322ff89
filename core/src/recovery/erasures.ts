import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './errors.ts';
import type { Destination } from './store/destination.ts';
import { ensureFolder, writeDurably } from './store/durable.ts';

/** Lists of erasures, a file per tenant, which only grow. They lie beside the database, so that a restore does not undo what they say. */
const FOLDER = 'erasures';

const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => -1,
  );

/** Copies what was added since, so that erasures outlive the machine too. */
export async function keepErasures(dataDir: string, { folder, codec }: Destination): Promise<void> {
  for (const name of (await names(join(dataDir, FOLDER))).filter((one) => one.endsWith('.ndjson'))) {
    const bytes = await readFile(join(dataDir, FOLDER, name));
    const kept = join(folder, FOLDER, `${name}.${bytes.length}`);
    if ((await sizeOf(kept)) > 0) continue;
    await ensureFolder(join(folder, FOLDER));
    await writeDurably(kept, await codec.encode(bytes, name));
  }
}

/** Brings the longest list of each tenant into a data directory that has none, or a shorter one. */
export async function bringErasures({ folder, codec }: Destination, dataDir: string): Promise<void> {
  const longest = new Map<string, number>();
  for (const kept of await names(join(folder, FOLDER))) {
    const [, name, length] = /^(.+\.ndjson)\.(\d+)$/.exec(kept) ?? [];
    if (name !== undefined) longest.set(name, Math.max(longest.get(name) ?? 0, Number(length)));
  }
  for (const [name, length] of longest) {
    const path = join(dataDir, FOLDER, name);
    if ((await sizeOf(path)) >= length) continue;
    await mkdir(join(dataDir, FOLDER), { recursive: true, mode: 0o700 });
    if ((await sizeOf(path)) > 0) await copyFile(path, `${path}.before`);
    await writeDurably(path, await codec.decode(await readFile(join(folder, FOLDER, `${name}.${length}`)), name));
  }
}
