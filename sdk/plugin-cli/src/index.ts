/** @module Freezes plugins into plugin.json. */
export { freeze, loadPlugin, renderPluginJson, type Frozen } from './freeze.ts';
export { findPluginPackages, tryReadPluginPackage, type PluginPackage } from './plugin-package.ts';
