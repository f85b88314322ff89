import { setTimeout as sleep } from 'node:timers/promises';
import { asAdmin } from './database.ts';
import { hello } from './plugins.ts';

/** The source of a plugin that emits events and enqueues jobs on request, and writes one row for each that it handles, slowly. */
export const counter = (jobMs = 40): string =>
  hello(
    'counter',
    `capabilities: ['data:collections', 'jobs:enqueue'], emits: [counted], consumes: [counted],
   collections: { effects: collection(z.object({ kind: z.string(), n: z.int() }), { privacy: 'none' }) }`,
    `declare.on(counted, async ({ n }, ctx) => {
     await ctx.collections.effects.insert({ kind: 'event', n });
     await sleep(2);
   });
   declare.job(step, async ({ n }, ctx) => {
     await ctx.collections.effects.insert({ kind: 'job', n });
     await sleep(${jobMs});
   });
   routes.push((app) => app.openapi(begin, async (c) => {
     const { from, events, jobs } = c.req.valid('json');
     const { ctx } = c.var;
     for (let n = from; n < from + events; n++) await ctx.emit(counted, { n });
     for (let n = from; n < from + jobs; n++) await ctx.enqueue(step, { n }, { key: String(n) });
     return c.json({ hello: 'begun' }, 200);
   }));`,
    `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
   const counted = event('counter.counted@1', z.object({ n: z.int() }));
   const step = job('step', z.object({ n: z.int() }), { attempts: 50, backoff: { delayMs: 200, factor: 1 } });
   const begin = route({ method: 'post', path: '/begin', 'x-permission': 'counter:read',
     request: { body: { required: true, ...json(z.object({ from: z.int(), events: z.int(), jobs: z.int() }), 'How many') } },
     responses: { 200: json(z.object({ hello: z.string() }), 'Begun') } });`,
  );

/** A request: its events and jobs have these numbers. */
export interface Begun {
  readonly from: number;
  readonly events: number;
  readonly jobs: number;
}

/** Callers of the plugin's route that never give up, and what became of each request. */
export interface Callers {
  readonly acknowledged: readonly Begun[];
  /** Refused or cut off: all of it happened, or nothing. */
  readonly unknown: readonly Begun[];
  readonly statuses: ReadonlyMap<number, number>;
  /** One problem of each status above 499. */
  readonly problems: ReadonlyMap<number, string>;
  stop(): Promise<void>;
}

export interface CallerOptions {
  readonly events?: number;
  readonly jobs?: number;
  readonly callers?: number;
  readonly pauseMs?: number;
  /** Where the numbers begin. */
  readonly from?: number;
}

/** Asks for events and jobs until it is stopped. */
export function startCallers(
  url: string,
  key: string,
  { events = 3, jobs = 1, callers = 2, pauseMs = 60, from = 0 }: CallerOptions = {},
): Callers {
  const acknowledged: Begun[] = [];
  const unknown: Begun[] = [];
  const statuses = new Map<number, number>();
  const problems = new Map<number, string>();
  const stopped = new AbortController();
  let next = from;
  const caller = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const one = { from: next, events, jobs };
      next += Math.max(events, jobs);
      const { status, body } = await begin(url, key, one);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      (status === 200 ? acknowledged : unknown).push(one);
      if (status >= 500 && !problems.has(status)) problems.set(status, body);
      await sleep(pauseMs);
    }
  };
  const calling = Array.from({ length: callers }, caller);
  return {
    acknowledged,
    unknown,
    statuses,
    problems,
    async stop() {
      stopped.abort();
      await Promise.all(calling);
    },
  };
}

/** Asks once. Status 0 is a connection that broke. */
export async function begin(url: string, key: string, one: Begun): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(`${url}/api/v1/x/test/counter/begin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(one),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, body: await response.text() };
  } catch {
    return { status: 0, body: '' };
  }
}

/** The names of the effects that requests are to have. */
export const effectsOf = (requests: readonly Begun[]): string[] =>
  requests.flatMap(({ from, events, jobs }) => [
    ...Array.from({ length: events }, (_, n) => `event ${from + n}`),
    ...Array.from({ length: jobs }, (_, n) => `job ${from + n}`),
  ]);

/** Every effect that the database holds, one name per row. */
export const readEffects = (url: string): Promise<string[]> =>
  asAdmin(url, async (client) => {
    const { rows } = await client.query<{ effect: string }>(
      `select (value ->> 'kind') || ' ' || (value ->> 'n') as effect from p_test_counter.collection_effects`,
    );
    return rows.map(({ effect }) => effect);
  });

/** What is wrong: effects that are missing, that happened twice, and requests of which only a part happened. */
export interface Verdict {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly halves: readonly number[];
}

export async function judge(
  url: string,
  { acknowledged, unknown }: Pick<Callers, 'acknowledged' | 'unknown'>,
): Promise<Verdict> {
  const effects = await readEffects(url);
  const seen = new Set<string>();
  const twice = effects.filter((effect) => seen.has(effect) || !seen.add(effect));
  const halves = unknown.filter((one) => {
    const there = effectsOf([one]).filter((effect) => seen.has(effect)).length;
    return there !== 0 && there !== one.events + one.jobs;
  });
  return {
    missing: effectsOf(acknowledged).filter((effect) => !seen.has(effect)),
    twice,
    halves: halves.map(({ from }) => from),
  };
}
