import { setTimeout as sleep } from 'node:timers/promises';
import { PodliftError } from '@podlift/sdk';
import type { Limits } from '../limits/index.ts';
import type { Log } from '../telemetry/index.ts';
import { createBudget } from './budget.ts';
import { createAddressGuard, createGuardedAgent, systemResolve, type Resolve } from './connect.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { NetErrors } from './errors.ts';
import { fillPolicy, type FullPolicy, type NetInit, type NetPolicy } from './policy.ts';
import { followRedirect, isRedirect, isRepeatable, toOutgoing, type Outgoing } from './request.ts';
import { backoff, isWorthRepeating, LONGEST_RETRY_AFTER_MS, tryRetryAfter } from './retry.ts';
import { checkTarget } from './target.ts';

/** The way out. */
export interface Net {
  /**
   * Fetches within the policy. The body must be read or cancelled; at the latest the policy's time ends it.
   * Fails with a `PodliftError` whose code begins with `net.`, or with the reason of the caller's own signal.
   */
  fetch(url: string | URL, init: NetInit | undefined, policy: NetPolicy): Promise<Response>;
  close(): Promise<void>;
}

export interface NetOptions {
  readonly log: Log;
  /** Finds the addresses of names; the system's resolver otherwise. */
  readonly resolve?: Resolve;
  /**
   * Addresses with ports that may be reached although they are not public, `127.0.0.1:8080`: for tests and
   * development. Only whoever starts the host can say so.
   */
  readonly allow?: readonly string[];
  /** Requests to one host that run at once, those of one tenant among them, and that may wait. */
  readonly perHost?: { readonly running: number; readonly perTenant?: number; readonly waiting: number };
  /** Counts requests of a tenant to a host, with those of other nodes; without it only those that run at once are bounded. */
  readonly limits?: Pick<Limits, 'take'>;
  /** Requests per minute of a tenant to a host; 600 when left out. */
  readonly ratePerMinute?: number;
  readonly userAgent?: string;
}

/**
 * Opens the way out.
 *
 * @example
 * ```ts
 * const net = createNet({ log });
 * const response = await net.fetch('https://api.example.com/v1', {}, { hosts: ['api.example.com'] });
 * ```
 */
export function createNet(options: NetOptions): Net {
  const { log, resolve = systemResolve, allow = [], perHost = { running: 16, waiting: 64 } } = options;
  const isAllowed = createAddressGuard(allow);
  const agent = createGuardedAgent(resolve, isAllowed);
  const { running, waiting, perTenant = Math.max(1, Math.ceil(running / 2)) } = perHost;
  const exchange = createExchange(agent, createBudget({ running, perTenant, waiting }));
  const checkRate = createRate(options.limits, options.ratePerMinute);
  const userAgent = options.userAgent ?? 'Podlift';
  return {
    async fetch(input, init = {}, policy) {
      const full = fillPolicy(policy);
      const url = checkTarget(input, full.hosts, isAllowed);
      const request = toOutgoing(init, userAgent);
      const started = performance.now();
      const fields = { host: url.host, method: request.method };
      try {
        await checkRate(url.hostname, full.tenant);
        const { response, attempts } = await fetchWithin(full, url, request, init.signal, { exchange, isAllowed });
        log.debug({ ...fields, status: response.status, attempts, ms: since(started) }, 'fetched');
        return response;
      } catch (error) {
        const code = error instanceof PodliftError ? error.code : 'aborted';
        log.warn({ ...fields, code, ms: since(started) }, 'fetch failed');
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

const RATE = { perMinute: 600, seconds: 60 } as const;

/** Bounds how often a tenant asks a host; the host itself asks as often as it needs. */
const createRate =
  (limits: Pick<Limits, 'take'> | undefined, perMinute: number = RATE.perMinute) =>
  async (host: string, tenant: string | undefined): Promise<void> => {
    if (!limits || tenant === undefined) return;
    const { allowed, resetSeconds } = await limits.take(`net:${tenant}:${host}`, {
      points: perMinute,
      seconds: RATE.seconds,
    });
    if (!allowed) throw NetErrors.tooOften(host, perMinute, resetSeconds);
  };

const since = (started: number): number => Math.round(performance.now() - started);

interface Way {
  readonly exchange: Exchange;
  readonly isAllowed: (address: string, port: number) => boolean;
}

async function fetchWithin(policy: FullPolicy, url: URL, request: Outgoing, own: AbortSignal | undefined, way: Way) {
  const ends = Date.now() + policy.timeoutMs;
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(NetErrors.timeout(url.hostname, 'did not finish', policy.timeoutMs)),
    policy.timeoutMs,
  );
  // The clock runs until the last body has ended, the one that the caller reads included.
  let bodies = 0;
  let settled = false;
  const settle = (): void => void (settled && bodies === 0 && clearTimeout(timer));
  const watch = (): (() => void) => {
    bodies += 1;
    return () => {
      bodies -= 1;
      settle();
    };
  };
  const signal = own ? AbortSignal.any([own, stop.signal]) : stop.signal;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt > policy.retries || !isRepeatable(request);
      const outcome = await tryOnce(() => followAll(policy, url, request, signal, watch, way));
      const wait = last ? undefined : waitFor(outcome, attempt);
      if (wait === undefined || Date.now() + wait >= ends) {
        if ('error' in outcome) throw outcome.error;
        const { response } = outcome;
        if (policy.requireOk && !response.ok) {
          await response.body?.cancel();
          throw NetErrors.badStatus(url.hostname, response.status);
        }
        return { response, attempts: attempt };
      }
      if ('response' in outcome) await outcome.response.body?.cancel();
      await sleep(wait, undefined, { signal }).catch(() => Promise.reject(signal.reason as Error));
    }
  } finally {
    settled = true;
    settle();
  }
}

type Outcome = { readonly response: Response } | { readonly error: unknown };

async function tryOnce(run: () => Promise<Response>): Promise<Outcome> {
  try {
    return { response: await run() };
  } catch (error) {
    return { error };
  }
}

/** How long to wait before the next attempt; `undefined` when there should be none. */
function waitFor(outcome: Outcome, attempt: number): number | undefined {
  if ('error' in outcome) {
    const passing = outcome.error instanceof PodliftError && outcome.error.code === 'net.unreachable';
    return passing ? backoff(attempt) : undefined;
  }
  const { status, headers } = outcome.response;
  if (!isWorthRepeating(status)) return undefined;
  const asked = tryRetryAfter(headers.get('retry-after'), Date.now());
  if (asked === undefined) return backoff(attempt);
  return asked <= LONGEST_RETRY_AFTER_MS ? asked + backoff(1) / 4 : undefined;
}

async function followAll(
  policy: FullPolicy,
  first: URL,
  request: Outgoing,
  signal: AbortSignal,
  watch: () => () => void,
  { exchange, isAllowed }: Way,
): Promise<Response> {
  let url = first;
  let outgoing = request;
  for (let hop = 0; ; hop += 1) {
    const response = await exchange(url, outgoing, policy, signal, watch);
    const location = response.headers.get('location');
    if (!isRedirect(response.status) || location === null) return response;
    await response.body?.cancel();
    if (hop >= policy.maxRedirects)
      throw NetErrors.badRedirect(url.hostname, `more than ${policy.maxRedirects} in a row`);
    if (!URL.canParse(location, url)) throw NetErrors.badRedirect(url.hostname, 'its address is malformed');
    const next = checkTarget(new URL(location, url), policy.hosts, isAllowed);
    outgoing = followRedirect(outgoing, response.status, url, next);
    url = next;
  }
}
