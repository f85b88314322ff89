import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePackage, type PackageJson } from './package.ts';

/** A folder that says that it is a plugin. */
export interface PluginFolder {
  readonly folder: string;
  readonly package: PackageJson;
}

/** Plugins lie at `<dir>`, `<dir>/<name>` or `<dir>/<area>/<name>`. */
const MAX_DEPTH = 2;

/** Finds the plugin packages under a directory, sorted by path. A directory that is not there holds none. */
export async function findPluginFolders(dir: string, depth = 0): Promise<PluginFolder[]> {
  const text = await readFile(join(dir, 'package.json'), 'utf8').catch(() => undefined);
  const found = text === undefined ? undefined : parsePackage(text);
  if (found) return [{ folder: dir, package: found }];
  if (depth >= MAX_DEPTH) return [];
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !/^(\.|node_modules$|dist$|src$)/.test(entry.name),
    )
    .map(({ name }) => join(dir, name))
    .toSorted();
  return (await Promise.all(folders.map((folder) => findPluginFolders(folder, depth + 1)))).flat();
}
