import type { Context, Next } from 'hono';
import type { HttpEnv } from './env.ts';
import type { Principal } from './principal.ts';

/** The audit trail as the edge sees it. */
export interface Acts {
  /**
   * Does what a request asks for; rows that are written meanwhile tell where it came from. When there was none, what `unnamed` returns
   * is kept.
   */
  run(
    from: { readonly ip: string; readonly requestId: string },
    work: () => Promise<void>,
    unnamed: () => UnnamedAct | undefined,
  ): Promise<void>;
}

/** An act that left no row of its own. */
export interface UnnamedAct {
  readonly principal: Principal;
  readonly method: string;
  readonly path: string;
  /** It was the operator's. */
  readonly operator: boolean;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Runs a handler such that a change by a route of core has a row before it is answered: its own, written with the change, or one that
 * says at least who asked for what.
 */
export async function withActs(c: Context<HttpEnv>, acts: Acts | undefined, next: Next): Promise<void> {
  const { method, path } = c.req;
  if (!acts || SAFE.has(method)) return next();
  const { found, ip, requestId } = c.var;
  const { permission, acts: wanted } = found.rules;
  const expected = found.kind === 'core' && permission !== 'public' && wanted !== 'none';
  await acts.run({ ip, requestId }, next, () =>
    expected && c.res.status < 400
      ? { principal: c.var.principal, method, path, operator: permission === 'operator' }
      : undefined,
  );
}
