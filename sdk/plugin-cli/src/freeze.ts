import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@podlift/sdk';
import { recordPlugin, stableJson } from '@podlift/sdk/kernel';
import type { PluginPackage } from './plugin-package.ts';

/** What became of one plugin.json. */
export type Frozen =
  | { readonly outcome: 'fresh' | 'written' | 'stale' }
  /** The plugin could not be loaded, or declares something else than its manifest says. */
  | { readonly outcome: 'failed'; readonly reason: string };

/** plugin.json of a plugin, as it is written: the same source always gives the same bytes. */
export const renderPluginJson = (plugin: Plugin): string => `${stableJson(recordPlugin(plugin), 2)}\n`;

/** Runs a plugin's setup against a recorder and writes its plugin.json, or with `check` only compares. */
export async function freeze({ entry, json }: PluginPackage, { check }: { readonly check: boolean }): Promise<Frozen> {
  let text: string;
  try {
    text = renderPluginJson(await loadPlugin(entry));
  } catch (thrown) {
    return { outcome: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  if (existsSync(json) && readFileSync(json, 'utf8') === text) return { outcome: 'fresh' };
  if (check) return { outcome: 'stale' };
  writeFileSync(json, text);
  return { outcome: 'written' };
}

/** Imports a plugin. @throws Error when the file does not export one by default. */
export async function loadPlugin(entry: string): Promise<Plugin> {
  const module: unknown = await import(pathToFileURL(entry).href);
  if (typeof module === 'object' && module !== null && 'default' in module && isPlugin(module.default)) {
    return module.default;
  }
  throw new Error('the entry does not export definePlugin(…) by default');
}

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' &&
  value !== null &&
  'manifest' in value &&
  'setup' in value &&
  typeof value.setup === 'function';
