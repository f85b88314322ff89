import type { ComputePool } from '../../jobs/index.ts';
import type { LoadedPlugin } from '../loaded.ts';
import type { PluginHostDeps } from '../deps.ts';
import type { PointRegistry } from '../points.ts';
import type { TenantFactsCache } from '../tenants/facts.ts';
import type { Outbox } from './unit-of-work.ts';

/** What every call can see: the plugins that run, who answers for which contract, and the doors of the host. */
export interface World {
  readonly deps: PluginHostDeps;
  readonly loaded: ReadonlyMap<string, LoadedPlugin>;
  /** Contract -> the plugin that provides it. */
  readonly services: ReadonlyMap<string, string>;
  readonly points: PointRegistry;
  readonly facts: TenantFactsCache;
  readonly outbox: Outbox;
  /** Where computations of inline plugins run. */
  readonly compute: Pick<ComputePool, 'run'>;
  readonly now: () => number;
  /** The clock stands still during a call, as in tests. */
  readonly frozenClock: boolean;
  /** Counts a call that ended, and how long it took, in milliseconds. */
  called(plugin: string, ms: number): void;
  /** Counts a call that failed. */
  failed(plugin: string, thrown: unknown): void;
  /** Why a plugin does not run, for the sentence of an error. */
  reasonOf(plugin: string): string | undefined;
}
