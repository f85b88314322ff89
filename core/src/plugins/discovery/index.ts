/** @module Which plugins are installed, from package.json and plugin.json alone. */
export { discoverPlugins, SDK_VERSIONS, type PluginDirectory } from './discover.ts';
export { toGraphNode } from './node.ts';
export type { BrokenSource, Discovery, PluginSource } from './source.ts';
