/** What a check answers; a reason is a sentence a person can act on. */
export type HealthResult =
  | { readonly ok: true; readonly note?: string }
  | { readonly ok: false; readonly reason: string };

/** Looks whether a part works. A throw counts as not ok, with its message as the reason. */
export type HealthCheck = (signal: AbortSignal) => HealthResult | undefined | Promise<HealthResult | undefined>;

/** The answer of `/health/ready`. `degraded`: in service, but a part is missing. */
export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly checks: Readonly<Record<string, { status: 'ok' | 'degraded' | 'failing'; reason?: string; ms: number }>>;
}

/** The checks of all rooms. */
export interface Health {
  /**
   * Adds a check under a name; returns what takes it away again. With `required: false` a failure degrades the
   * installation instead of taking it out of service.
   */
  add(name: string, check: HealthCheck, options?: { required?: boolean; timeoutMs?: number }): () => void;
  report(): Promise<HealthReport>;
  /** From now on the installation says that it is leaving, so that no new requests are sent to it. */
  leave(): void;
}

interface Entry {
  readonly check: HealthCheck;
  readonly required: boolean;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 2000;

export function createHealth(): Health {
  const entries = new Map<string, Entry>();
  let leaving = false;
  return {
    add(name, check, { required = true, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) {
      const entry = { check, required, timeoutMs };
      entries.set(name, entry);
      return () => void (entries.get(name) === entry && entries.delete(name));
    },
    async report() {
      const results = await Promise.all([...entries].map(async ([name, entry]) => [name, await run(entry)] as const));
      const checks = Object.fromEntries(results);
      if (leaving) checks['shutdown'] = { status: 'failing', reason: 'This process is shutting down.', ms: 0 };
      const states = Object.values(checks).map((one) => one.status);
      const status = states.includes('failing') ? 'failing' : states.includes('degraded') ? 'degraded' : 'ok';
      return { status, checks };
    },
    leave: () => void (leaving = true),
  };
}

async function run({ check, required, timeoutMs }: Entry) {
  const started = performance.now();
  const result = await bounded(check, timeoutMs);
  const ms = Math.round(performance.now() - started);
  if (!result || result.ok) return { status: 'ok' as const, ...(result?.note && { reason: result.note }), ms };
  return { status: required ? ('failing' as const) : ('degraded' as const), reason: result.reason, ms };
}

async function bounded(check: HealthCheck, timeoutMs: number): Promise<HealthResult | undefined> {
  const stop = new AbortController();
  const late = Promise.withResolvers<HealthResult>();
  const timer = setTimeout(() => late.resolve({ ok: false, reason: `No answer within ${timeoutMs} ms.` }), timeoutMs);
  try {
    return await Promise.race([(async () => check(stop.signal))(), late.promise]);
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
