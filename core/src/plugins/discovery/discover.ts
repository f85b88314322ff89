import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@podlift/sdk';
import { findPluginFolders, type PluginFolder } from './folders.ts';
import { entryFile } from './package.ts';
import { parsePluginJson } from './plugin-json.ts';
import { satisfiesAny } from './sdk-range.ts';
import type { BrokenSource, Discovery, PluginSource } from './source.ts';

/** The versions of the SDK that this host speaks: its own and the last one of the major before. */
export const SDK_VERSIONS: readonly string[] = ['0.1.0'];

/** A directory in which plugins lie. */
export interface PluginDirectory {
  readonly dir: string;
  readonly trusted: boolean;
}

/**
 * Finds the plugins of the given directories by their package.json and plugin.json alone. What cannot be a plugin is listed with a
 * sentence and takes nobody with it.
 */
export async function discoverPlugins(
  directories: readonly PluginDirectory[],
  versions = SDK_VERSIONS,
): Promise<Discovery> {
  const found = await Promise.all(
    directories.map(async ({ dir, trusted }) => {
      const folders = await findPluginFolders(dir);
      return Promise.all(folders.map((folder) => readSource(folder, trusted, versions)));
    }),
  );
  return withoutTwins(found.flat());
}

type Read = { readonly source: PluginSource } | { readonly broken: BrokenSource };

async function readSource(
  { folder, package: about }: PluginFolder,
  trusted: boolean,
  versions: readonly string[],
): Promise<Read> {
  const named = (reason: string, id = about.name, version = ''): Read => ({ broken: { id, version, folder, reason } });
  const file = join(folder, about.podlift.plugin);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    return named(`its package.json names ${about.podlift.plugin}, which is not there; run pnpm freeze`);
  const read = parsePluginJson(text);
  if (!read.ok) return named(read.reason, read.id, read.version);
  const { json, digest } = read;
  if (!satisfiesAny(json.sdk, versions))
    return named(`it wants SDK ${json.sdk}, and this host has ${versions.join(' and ')}`, json.id, json.version);
  if (
    !trusted &&
    (json.prefixes.length > 0 ||
      json.capabilities.includes('data:sql') ||
      json.optionalCapabilities.includes('data:sql'))
  )
    return named('only trusted plugins may claim paths or hold SQL', json.id, json.version);
  const entry = entryFile(folder, about);
  if (entry === undefined)
    return named('the main entry of its package.json is not there; build it', json.id, json.version);
  return { source: { json, digest, folder, trusted, load: (attempt) => importPlugin(entry, attempt) } };
}

/** Imports the entry and takes its default export. */
async function importPlugin(entry: string, attempt: number): Promise<Plugin> {
  const url = pathToFileURL(entry);
  // A module that failed is remembered as failed; another address is another module.
  if (attempt > 1) url.searchParams.set('attempt', String(attempt));
  const module: unknown = await import(/* @vite-ignore */ url.href);
  const plugin: unknown =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (!isPlugin(plugin))
    throw new Error('its entry does not export a plugin by default: export default definePlugin(…)');
  return plugin;
}

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' &&
  value !== null &&
  'manifest' in value &&
  'setup' in value &&
  typeof value.setup === 'function';

/** One id, one plugin: the first folder keeps it. */
function withoutTwins(found: readonly Read[]): Discovery {
  const sources = new Map<string, PluginSource>();
  const broken: BrokenSource[] = [];
  for (const one of found) {
    if ('broken' in one) broken.push(one.broken);
    else {
      const first = sources.get(one.source.json.id);
      if (first) broken.push(twin(one.source, first));
      else sources.set(one.source.json.id, one.source);
    }
  }
  return { sources: [...sources.values()], broken };
}

const twin = ({ json, folder }: PluginSource, first: PluginSource): BrokenSource => ({
  // A name of its own, so that the card of the one that runs is not covered.
  id: `${json.id} (${folder ?? 'second copy'})`,
  version: json.version,
  ...(folder !== undefined && { folder }),
  reason: `${json.id} is already installed from ${first.folder ?? 'elsewhere'}; remove one of the two`,
});
