import type { Plugin } from '@podlift/sdk';
import { fingerprint, recordPlugin } from '@podlift/sdk/kernel';
import type { Discovery, PluginDirectory } from '@podlift/core/plugins';

/** A plugin of a test: what `definePlugin` returned, or a folder with a package. */
export type TestPlugin = Plugin | string;

/** Plugins given as values are frozen on the spot; folders are discovered like any other. */
export function toSources(
  plugins: readonly TestPlugin[],
  trusted: boolean,
): { readonly extra: Discovery; readonly directories: PluginDirectory[] } {
  const values = plugins.filter((one): one is Plugin => typeof one !== 'string');
  const sources = values.map((plugin) => {
    // Through JSON, as a plugin.json on disk.
    const json = JSON.parse(JSON.stringify(recordPlugin(plugin))) as ReturnType<typeof recordPlugin>;
    return { json, digest: fingerprint(json), trusted, load: async () => plugin };
  });
  const folders = plugins.filter((one): one is string => typeof one === 'string');
  return { extra: { sources, broken: [] }, directories: folders.map((dir) => ({ dir, trusted })) };
}
