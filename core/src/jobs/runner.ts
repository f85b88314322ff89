import type { Database, Tx } from '../data/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { JobIds, QueuedJob } from './queue.ts';
import { backoff, type Definitions, type JobContext, type JobDefinition } from './definition.ts';
import { JobError } from './errors.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_TIMEOUT_MS } from './limits.ts';
import { createProgress } from './progress.ts';
import { begin, complete, end, type Attempt } from './rows.ts';

/** An attempt under way on this node. */
export interface RunningJob {
  readonly tenant: string;
  readonly id: string;
  readonly attempt: number;
  readonly name: string;
  readonly abort: (reason: JobError) => void;
}

export interface RunnerOptions {
  readonly database: Database;
  readonly definitions: Definitions;
  readonly log: Log;
  readonly now: () => number;
  readonly running: Set<RunningJob>;
  readonly ended: (name: string, state: string, ms: number) => void;
}

/** How long a handler may go on after its signal has fired before its attempt is given up. */
const GRACE_MS = 5000;
const AFTER_STOP_MS = 1000;

/** Runs one attempt: the row says what it is and keeps how it went; BullMQ learns only whether to try again. */
export async function runAttempt(
  options: RunnerOptions,
  queued: QueuedJob,
  ids: JobIds,
  token: string | undefined,
): Promise<string> {
  const { database, definitions, now } = options;
  const { tenant } = ids;
  const attempt = await database.withTenant({ tenant }, (tx) => begin(tx, ids.job, new Date(now())));
  if (!attempt) return 'skipped';
  const definition = definitions.get(attempt.name) ?? unknownJob(attempt.name);
  const started = now();
  const outcome = await perform(options, definition, attempt, tenant);
  options.ended(attempt.name, outcome.state, now() - started);
  if (outcome.state === 'stopped') {
    await queued.moveToDelayed(Date.now() + AFTER_STOP_MS, token);
    throw new (await bullmq()).DelayedError();
  }
  if (outcome.state !== 'failed' && outcome.state !== 'waiting') return outcome.state;
  options.log.warn(
    { err: outcome.error, job: attempt.name, id: attempt.id, tenant, attempt: attempt.attempt },
    `A job ${outcome.state === 'failed' ? 'has failed' : 'will be tried again'}`,
  );
  if (outcome.state === 'failed') throw new (await bullmq()).UnrecoverableError(messageOf(outcome.error));
  throw outcome.error instanceof Error ? outcome.error : new Error(messageOf(outcome.error));
}

/** Loaded by now: it is what called us. */
const bullmq = () => import('bullmq');

type Outcome =
  | { readonly state: 'completed' | 'cancelled' | 'lost' | 'stopped' }
  | { readonly state: 'waiting' | 'failed'; readonly error: unknown };

async function perform(
  options: RunnerOptions,
  definition: JobDefinition,
  attempt: Attempt,
  tenant: string,
): Promise<Outcome> {
  const { database, now, running } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, attempts = DEFAULT_ATTEMPTS } = definition;
  const controller = new AbortController();
  const abort = (reason: JobError): void => controller.abort(reason);
  const timer = setTimeout(() => abort(JobError.timeout(attempt.name, timeoutMs)), timeoutMs);
  const entry: RunningJob = { tenant, id: attempt.id, attempt: attempt.attempt, name: attempt.name, abort };
  const progress = createProgress(database, tenant, attempt);
  let completed = false;
  const markCompleted = async (tx: Tx, result?: unknown): Promise<void> => {
    if (!(await complete(tx, attempt, result, new Date(now())))) throw JobError.lost(attempt.name);
    completed = true;
  };
  const context: JobContext = {
    id: attempt.id,
    tenant,
    attempt: attempt.attempt,
    signal: controller.signal,
    requestId: attempt.request_id ?? undefined,
    progress: progress.report,
    complete: markCompleted,
  };
  running.add(entry);
  try {
    if (attempt.attempt > attempts) throw JobError.crashed(attempt.name, attempt.attempt - 1);
    const result = await withinGrace(controller.signal, definition.run(attempt.data, context));
    if (!completed) await database.withTenant({ tenant }, (tx) => markCompleted(tx, result));
    return { state: 'completed' };
  } catch (error) {
    const outcome = judge(controller.signal, error, attempt, attempts);
    const kept = await database.withTenant({ tenant }, (tx) => keepEnd(tx, outcome, definition, attempt, now()));
    return kept ? outcome : { state: 'lost' };
  } finally {
    clearTimeout(timer);
    running.delete(entry);
    await progress.end();
  }
}

/** A reason to abort explains the error better than the error itself. */
function judge(signal: AbortSignal, error: unknown, attempt: Attempt, attempts: number): Outcome {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  if (codeOf(error) === 'jobs.lost') return { state: 'lost' };
  switch (codeOf(reason)) {
    case 'jobs.cancelled':
      return { state: 'cancelled' };
    case 'jobs.stopped':
      return { state: 'stopped' };
    default:
  }
  return { state: attempt.attempt >= attempts ? 'failed' : 'waiting', error: reason ?? error };
}

async function keepEnd(
  tx: Tx,
  outcome: Outcome,
  definition: JobDefinition,
  attempt: Attempt,
  now: number,
): Promise<boolean> {
  const date = new Date(now);
  switch (outcome.state) {
    case 'completed':
    case 'lost':
      return false;
    case 'cancelled':
      return end(tx, attempt, { state: 'cancelled', error: null, runAt: date, counts: true }, date);
    case 'stopped':
      return end(
        tx,
        attempt,
        { state: 'waiting', error: null, runAt: new Date(now + AFTER_STOP_MS), counts: false },
        date,
      );
    default: {
      const runAt = outcome.state === 'failed' ? date : new Date(now + backoff(definition, attempt.attempt));
      return end(
        tx,
        attempt,
        { state: outcome.state, error: messageOf(outcome.error).slice(0, 2000), runAt, counts: true },
        date,
      );
    }
  }
}

/** Waits for the handler; once its signal has fired, only a little longer. What it does later is fenced off by the attempt's number. */
function withinGrace(signal: AbortSignal, work: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      grace = setTimeout(() => reject(signal.reason), GRACE_MS);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => {
      clearTimeout(grace);
      signal.removeEventListener('abort', onAbort);
    });
  });
}

const unknownJob = (name: string): JobDefinition => ({ name, run: () => Promise.reject(JobError.unknown(name)) });

/** By code, because an error that has crossed a plugin's boundary is of another class. */
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
