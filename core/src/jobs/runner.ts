import { uuidv7 } from '@podlift/sdk';
import type { Database, Tx } from '../data/index.ts';
import { inSpan, type Log } from '../telemetry/index.ts';
import type { JobIds, QueuedJob } from './queue.ts';
import type { Lines } from './admission/index.ts';
import { backoff } from './backoff.ts';
import type { Definitions, JobContext, JobDefinition } from './definition.ts';
import { JobError } from './errors.ts';
import { DEFAULT_ATTEMPTS, DEFAULT_TIMEOUT_MS, UNKNOWN_PATIENCE_MS } from './limits.ts';
import { createProgress } from './progress.ts';
import { begin, complete, end, endCancelled, type Attempt } from './rows.ts';

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
  readonly lines: Lines;
  readonly definitions: Definitions;
  readonly log: Log;
  readonly now: () => number;
  readonly running: Set<RunningJob>;
  readonly ended: (name: string, state: string, ms: number) => void;
  /** Runs in the transaction in which a job fails for good. */
  readonly onDead?: ((tx: Tx, job: DeadJob) => Promise<unknown>) | undefined;
}

/** A job that is not tried again by itself. */
export interface DeadJob {
  readonly id: string;
  readonly name: string;
  readonly attempts: number;
  readonly reason: string;
}

/** How long a handler may go on after its signal has fired before its attempt is given up. */
const GRACE_MS = 5000;
const AFTER_STOP_MS = 1000;

/** Runs one attempt: the row says what it is and keeps how it went; BullMQ learns only how it ended. */
export async function runAttempt(options: RunnerOptions, queued: QueuedJob, ids: JobIds): Promise<string> {
  const { database, lines, now } = options;
  const { tenant } = ids;
  const attempt = await database.withTenant({ tenant }, (tx) => begin(tx, ids.job, queued.id ?? '', new Date(now())));
  if (!attempt) return 'skipped';
  const definition = options.definitions.get(attempt.name);
  const started = performance.now();
  const outcome = definition
    ? await perform(options, definition, attempt, tenant)
    : await postpone(options, attempt, tenant);
  options.ended(attempt.name, outcome.state, performance.now() - started);
  const { queue, lane } = attempt;
  if (outcome.state === 'waiting') await lines.put([{ tenant, queue, lane, dueAt: outcome.runAt }]);
  if (outcome.error === undefined) return outcome.state;
  options.log.warn(
    { err: outcome.error, job: attempt.name, id: attempt.id, tenant, attempt: attempt.attempt },
    `A job ${outcome.state === 'failed' ? 'has failed' : 'will be tried again'}`,
  );
  // The attempt is over for BullMQ: the next one is admitted anew, in its turn.
  const { UnrecoverableError } = await import('bullmq');
  throw new UnrecoverableError(messageOf(outcome.error));
}

/** How an attempt ended. One that waits runs again at `runAt`. */
type Outcome =
  | { readonly state: 'completed' | 'lost'; readonly error?: undefined }
  | { readonly state: 'cancelled' | 'failed'; readonly error?: unknown }
  | { readonly state: 'waiting'; readonly error?: unknown; readonly runAt: Date; readonly counts: boolean };

/** A job whose plugin is not here: it may be on another node, be degraded, or come back with the next release. */
async function postpone(options: RunnerOptions, attempt: Attempt, tenant: string): Promise<Outcome> {
  const { database, now } = options;
  const error = JobError.unknown(attempt.name);
  const age = now() - attempt.created_at.getTime();
  const outcome: Outcome =
    age > UNKNOWN_PATIENCE_MS
      ? { state: 'failed', error }
      : { state: 'waiting', error, counts: false, runAt: new Date(now() + Math.min(300_000, Math.max(2000, age / 4))) };
  return await database.withTenant({ tenant }, (tx) => keepEnd(tx, outcome, attempt, options));
}

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
  const progress = createProgress(database, tenant, attempt, now);
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
    const closed = await definition.closed?.(tenant);
    if (closed) {
      const { state, reason } = closed;
      const outcome: Outcome = { state, error: new Error(reason) };
      return await database.withTenant({ tenant }, (tx) => keepEnd(tx, outcome, attempt, options));
    }
    const attributes = { 'podlift.job': attempt.name, 'podlift.job.id': attempt.id, 'podlift.tenant': tenant };
    const result = await inSpan(`job ${attempt.name}`, { kind: 'consumer', root: true, attributes }, () =>
      withinGrace(controller.signal, definition.run(attempt.data, context)),
    );
    if (!completed) await database.withTenant({ tenant }, (tx) => markCompleted(tx, result));
    return { state: 'completed' };
  } catch (error) {
    const outcome = judge(controller.signal, error, definition, attempt, now());
    return await database.withTenant({ tenant }, (tx) => keepEnd(tx, outcome, attempt, options));
  } finally {
    clearTimeout(timer);
    running.delete(entry);
    await progress.end();
  }
}

/** A reason to abort explains the error better than the error itself. */
function judge(signal: AbortSignal, error: unknown, definition: JobDefinition, attempt: Attempt, now: number): Outcome {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  if (codeOf(reason) === 'jobs.cancelled') return { state: 'cancelled' };
  if (codeOf(error) === 'jobs.lost') return { state: 'lost' };
  if (codeOf(reason) === 'jobs.stopped')
    return { state: 'waiting', counts: false, runAt: new Date(now + AFTER_STOP_MS) };
  const why = reason ?? error;
  if (attempt.attempt >= (definition.attempts ?? DEFAULT_ATTEMPTS)) return { state: 'failed', error: why };
  return { state: 'waiting', error: why, counts: true, runAt: new Date(now + backoff(definition, attempt.attempt)) };
}

/** Writes down how an attempt ended. @returns how it really did: it may have been cancelled or taken over meanwhile. */
async function keepEnd(
  tx: Tx,
  outcome: Outcome,
  attempt: Attempt,
  { now, log, onDead }: RunnerOptions,
): Promise<Outcome> {
  const date = new Date(now());
  // Also when this node has not heard of it yet.
  if (await endCancelled(tx, attempt, date)) return { state: 'cancelled' };
  if (outcome.state === 'completed' || outcome.state === 'lost') return { state: 'lost' };
  const { state } = outcome;
  const waits = outcome.state === 'waiting';
  const kept = await end(
    tx,
    attempt,
    {
      state,
      error: outcome.error === undefined ? null : messageOf(outcome.error).slice(0, 2000),
      runAt: waits ? outcome.runAt : date,
      counts: !waits || outcome.counts,
      ...(waits && { queuedAs: uuidv7() }),
    },
    date,
  );
  if (kept && state === 'failed' && onDead) {
    const { id, name, attempt: attempts } = attempt;
    const job = { id, name, attempts, reason: messageOf(outcome.error) };
    // Whoever is to be told of the end must not undo it.
    await tx
      .savepoint(async () => void (await onDead(tx, job)))
      .catch((err: unknown) => {
        log.warn({ err, job: name, id }, 'Nobody could be told of a job that has failed');
      });
  }
  return kept ? outcome : { state: 'lost' };
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

/** By code, because an error that has crossed a plugin's boundary is of another class. */
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
