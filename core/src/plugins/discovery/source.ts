import type { Plugin } from '@podlift/sdk';
import type { PluginJson } from '@podlift/sdk/kernel';

/** A plugin that can be loaded. */
export interface PluginSource {
  readonly json: PluginJson;
  /** Of plugin.json: tells an upgrade from a restart. */
  readonly digest: string;
  readonly folder?: string;
  /** Enabled for every tenant with all it asks for, until a tenant says otherwise. Others wait for each tenant's consent. */
  readonly trusted: boolean;
  /** Imports the plugin's code. A second try gets a fresh copy, because a failed module stays failed. */
  load(attempt: number): Promise<Plugin>;
}

/** A folder that says it is a plugin and cannot be one. */
export interface BrokenSource {
  readonly id: string;
  readonly version: string;
  readonly folder?: string;
  readonly reason: string;
}

/** What was found. */
export interface Discovery {
  readonly sources: readonly PluginSource[];
  readonly broken: readonly BrokenSource[];
}
