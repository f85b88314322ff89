import type { Context } from 'hono';
import type { Clock } from '../config/index.ts';
import type { Metrics } from '../telemetry/index.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { Principal } from './principal.ts';
import type { ProblemError } from './problem.ts';
import { toProblem } from './respond.ts';

/** How many streams may be open in one process, and how often each one's right to be open is looked at. */
export interface StreamLimits {
  readonly perProcess: number;
  readonly perTenant: number;
  readonly perActor: number;
  readonly recheckMs: number;
  /** So long a stream stays open while nobody can tell whether it still may (the database is away). */
  readonly unknownMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  perProcess: 5000,
  perTenant: 200,
  perActor: 20,
  recheckMs: 2000,
  unknownMs: 60_000,
};

/** The right to stream, for as long as it lasts. */
export interface StreamLease {
  /** Fires when the stream must end; its reason is the problem to tell, or undefined when the host just leaves. */
  readonly signal: AbortSignal;
  /** Who listens, as of the last look: permissions change while a stream is open. */
  principal(): Principal;
  /** Ends the stream from outside. */
  end(): void;
  release(): void;
}

/** Lets streams begin, within bounds, and ends those that may no longer be open. */
export interface StreamGate {
  admit(c: Context<HttpEnv>): StreamLease;
}

interface Open {
  readonly abort: AbortController;
  readonly tenant: string;
  readonly actor: string;
  /** Streams of one key ask the same question. */
  readonly question: string;
  readonly ask: () => Promise<Principal>;
  principal: Principal;
  known: number;
}

/** Asks anew whether the request would be let in. @throws the problem that it would be answered with. */
export type AskAgain = (c: Context<HttpEnv>) => () => Promise<Principal>;

const AT_ONCE = 8;
const RETRY_SECONDS = 10;

export function createStreamGate(
  askAgain: AskAgain,
  { clock, metrics, limits = STREAM_LIMITS }: { clock: Clock; metrics: Metrics; limits?: StreamLimits },
): StreamGate {
  const open = new Set<Open>();
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  metrics.gauge('podlift.http.streams', { about: 'Event streams that are open.', observe: () => open.size });

  const count = (name: string, by: number): void => {
    const now = (counts.get(name) ?? 0) + by;
    if (now <= 0) counts.delete(name);
    else counts.set(name, now);
  };

  const assertRoom = (tenant: string, actor: string): void => {
    if (open.size >= limits.perProcess)
      throw HttpErrors.tooManyStreams('this process', limits.perProcess, RETRY_SECONDS);
    if ((counts.get(tenant) ?? 0) >= limits.perTenant)
      throw HttpErrors.tooManyStreams('the tenant', limits.perTenant, RETRY_SECONDS);
    if ((counts.get(actor) ?? 0) >= limits.perActor)
      throw HttpErrors.tooManyStreams('one person or key', limits.perActor, RETRY_SECONDS);
  };

  /** One question for all streams that would ask the same. */
  const look = async (streams: readonly Open[]): Promise<void> => {
    const [first] = streams;
    if (!first) return;
    try {
      const principal = await first.ask();
      for (const stream of streams) Object.assign(stream, { principal, known: clock.now() });
    } catch (error) {
      const told = toProblem(error);
      const refused = told.status < 500 && told.status !== 429;
      for (const stream of streams)
        if (refused || clock.now() - stream.known > limits.unknownMs) stream.abort.abort(told);
    }
  };

  const lookAtAll = async (): Promise<void> => {
    const groups = [...Map.groupBy(open, ({ question }) => question).values()];
    const worker = async (): Promise<void> => {
      for (let group = groups.pop(); group; group = groups.pop()) await look(group);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    plan();
  };

  const plan = (): void => {
    clearTimeout(timer);
    timer = open.size === 0 ? undefined : setTimeout(() => void lookAtAll(), limits.recheckMs);
    timer?.unref();
  };

  return {
    admit(c) {
      const { principal, credential, found } = c.var;
      const tenant = `tenant:${principal.tenant?.id ?? 'none'}`;
      const actor = `actor:${principal.actor.kind}:${principal.actor.id}`;
      assertRoom(tenant, actor);
      const stream: Open = {
        abort: new AbortController(),
        tenant,
        actor,
        question: JSON.stringify([credential?.kind, credential?.id, tenant, found.rules.permission]),
        ask: askAgain(c),
        principal,
        known: clock.now(),
      };
      open.add(stream);
      count(tenant, 1);
      count(actor, 1);
      if (!timer) plan();
      const leaving = c.env.leaving;
      const leave = (): void => stream.abort.abort();
      if (leaving?.aborted) leave();
      else leaving?.addEventListener('abort', leave, { once: true });
      const release = (): void => {
        if (!open.delete(stream)) return;
        count(tenant, -1);
        count(actor, -1);
        leaving?.removeEventListener('abort', leave);
        if (open.size === 0) plan();
      };
      return { signal: stream.abort.signal, principal: () => stream.principal, end: leave, release };
    },
  };
}

/** What a lease ended with, if it is something to tell. */
export const endedBecause = (signal: AbortSignal): ProblemError | undefined =>
  signal.aborted && signal.reason instanceof Error && 'status' in signal.reason ? toProblem(signal.reason) : undefined;
