import type { Tx } from '../data/index.ts';
import type { Backoff } from './backoff.ts';
import { JobError } from './errors.ts';
import type { QueueName } from './limits.ts';

/** One attempt at a job, as its handler sees it. */
export interface JobContext {
  readonly id: string;
  readonly tenant: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Fires on cancellation, timeout and when the node stops; its reason is a JobError. */
  readonly signal: AbortSignal;
  readonly requestId: string | undefined;
  /** Shown to people; written now and then, the last one counts. */
  progress(done: number, total: number): void;
  /**
   * Marks the job as completed. Run it inside the transaction that holds the effects, last, as `podlift_runtime`: then both commit or
   * neither does. A handler that does not is marked completed after it returned, and may run again after a crash: it must be idempotent.
   */
  complete(tx: Tx, result?: unknown): Promise<void>;
}

/** When a job runs by itself: five or six cron fields, or a pause in milliseconds. */
export type Cron = string | { readonly pattern: string; readonly tz?: string } | { readonly everyMs: number };

/** Why a job does not run now for a tenant. */
export interface Closed {
  readonly state: 'cancelled' | 'failed';
  readonly reason: string;
}

/** How work that is done later is done. */
export interface JobDefinition extends Backoff {
  /** `plugin/job`. */
  readonly name: string;
  /** `default` when absent. */
  readonly queue?: QueueName;
  readonly timeoutMs?: number;
  /** How often it is tried before it has failed; 5 when absent. */
  readonly attempts?: number;
  /** How many of a tenant run at the same time; as many as there is room for when absent. */
  readonly concurrency?: number;
  /** Runs by itself for every tenant that has the plugin; its data is `{}`. */
  readonly cron?: Cron;
  /** Tenants' runs of a cron are spread over this time; over half of the time to the next firing, at most half a week, when absent. */
  readonly jitterMs?: number;
  /** Why a tenant's job is not run although it was asked for; undefined when it is. `dead` keeps it for a second try. */
  readonly closed?: (tenant: string) => Promise<Closed | undefined>;
  /** Returns the result that people see, as plain JSON. */
  readonly run: (data: unknown, context: JobContext) => Promise<unknown>;
}

/** Work of the installation itself, for no tenant: clean-up, retention. Runs on one node at a time. */
export interface SystemJobDefinition {
  readonly name: string;
  readonly cron: Cron;
  readonly run: (context: { readonly signal: AbortSignal }) => Promise<unknown>;
}

/** The plugin in `plugin/job`. */
export const pluginOf = (name: string): string => name.slice(0, name.indexOf('/'));

/** Everything that is defined on this node. */
export interface Definitions {
  define(definition: JobDefinition): void;
  defineSystem(definition: SystemJobDefinition): void;
  remove(name: string): void;
  get(name: string): JobDefinition | undefined;
  getSystem(name: string): SystemJobDefinition | undefined;
  /** Those that run by themselves. */
  scheduled(): readonly (JobDefinition | SystemJobDefinition)[];
}

export function createDefinitions(): Definitions {
  const jobs = new Map<string, JobDefinition>();
  const system = new Map<string, SystemJobDefinition>();
  const checkFree = (name: string): void => {
    if (jobs.has(name) || system.has(name)) throw JobError.taken(name);
  };
  return {
    define(definition) {
      checkFree(definition.name);
      jobs.set(definition.name, definition);
    },
    defineSystem(definition) {
      checkFree(definition.name);
      system.set(definition.name, definition);
    },
    remove(name) {
      jobs.delete(name);
      system.delete(name);
    },
    get: (name) => jobs.get(name),
    getSystem: (name) => system.get(name),
    scheduled: () => [...[...jobs.values()].filter(({ cron }) => cron !== undefined), ...system.values()],
  };
}
