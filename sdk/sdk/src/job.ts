import type { z } from 'zod';

/** Where a job waits: a person waits for `interactive`, nobody hurries `bulk`. */
export type JobQueue = 'interactive' | 'default' | 'bulk';

/** How a job runs. */
export interface JobOptions {
  /** `default` when absent. */
  readonly queue?: JobQueue;
  /** Runs by itself for every tenant that has the plugin: five fields, UTC. Its data is `{}`. */
  readonly cron?: string;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How often it is tried before it is dead; 5 when absent. */
  readonly attempts?: number;
  /** Pauses between the attempts: 2 s, doubled each time, up to an hour, each up to a fifth longer, when absent. */
  readonly backoff?: JobBackoff;
  /** How many of this job run for a tenant at the same time; as many as there is room for when absent. */
  readonly concurrency?: number;
  /**
   * Tenants' runs of a cron begin within this many milliseconds after it has fired, each tenant at its own moment; half of the
   * time to the next firing, at most half a week, when absent.
   */
  readonly spreadMs?: number;
}

/** Pauses between the attempts at a job. */
export interface JobBackoff {
  /** Milliseconds before the second attempt. */
  readonly delayMs?: number;
  /** How much longer each pause is than the one before. */
  readonly factor?: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs?: number;
  /** The share of itself, from 0 to 1, by which a pause is lengthened at random. */
  readonly jitter?: number;
}

/** Work that is done later, with data of one shape. */
export interface JobType<S extends z.ZodType = z.ZodType> extends JobOptions {
  readonly kind: 'job';
  /** Unique in the plugin. */
  readonly name: string;
  readonly schema: S;
}

/**
 * Declares work that is done later. Its data holds ids, not records.
 * @example const pull = job('pull', z.object({ cursor: z.string().optional() }), { cron: '7 * * * *' });
 */
export const job = <S extends z.ZodType>(name: string, schema: S, options: JobOptions = {}): JobType<S> => ({
  kind: 'job',
  name,
  schema,
  ...options,
});

/** What `ctx.enqueue` may say about one job. */
export interface EnqueueOptions {
  /** A second job of the same key is dropped while the first one waits. */
  readonly key?: string;
  readonly delayMs?: number;
  /** 0 when absent; less is sooner. */
  readonly priority?: number;
}

/** One attempt at a job, as its handler sees it. */
export interface JobRun {
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Shown to people; the host keeps the last one. */
  progress(done: number, total: number): void;
}
