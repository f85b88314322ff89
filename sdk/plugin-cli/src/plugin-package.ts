import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** A package that holds a plugin: its package.json says `"podlift": { "plugin": "./plugin.json" }`. */
export interface PluginPackage {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Absolute path of plugin.json. */
  readonly json: string;
  /** Absolute path of the source that exports the plugin by default. */
  readonly entry: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Reads one folder; undefined when it holds no plugin. */
export function tryReadPluginPackage(folder: string): PluginPackage | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isRecord(parsed) || !isRecord(parsed['podlift'])) return undefined;
  const { name, podlift } = parsed;
  const json = podlift['plugin'];
  return {
    name: typeof name === 'string' ? name : folder,
    folder,
    json: join(folder, typeof json === 'string' ? json : 'plugin.json'),
    entry: join(folder, 'src/index.ts'),
  };
}

/**
 * Finds plugin packages: the named folders themselves, or `plugins/<area>/<name>` below the root.
 * @throws Error when a named folder holds no plugin.
 */
export function findPluginPackages(root: string, folders: readonly string[]): PluginPackage[] {
  if (folders.length > 0) {
    return folders.map((name) => {
      const found = tryReadPluginPackage(resolve(root, name));
      if (!found)
        throw new Error(`${name} holds no plugin: its package.json needs "podlift": { "plugin": "./plugin.json" }`);
      return found;
    });
  }
  const own = tryReadPluginPackage(root);
  if (own) return [own];
  return globSync('plugins/*/*/package.json', { cwd: root })
    .toSorted()
    .flatMap((path) => tryReadPluginPackage(join(root, path, '..')) ?? []);
}

/** A path as a person at `root` would type it. */
export const shownPath = (root: string, path: string): string => relative(root, path) || '.';
