import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { SettledAnswer } from './doors.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { IdempotencyStore, StoredResponse } from './idempotency-store.ts';
import type { ProblemError } from './problem.ts';
import { problemResponse } from './respond.ts';

/** A longer answer is not remembered: a repeat of it is answered as in flight or done anew after the lock ends. */
const MAX_STORED_BYTES = 256 * 1024;
const KEPT_HEADERS = ['content-type', 'location', 'etag', 'link'];

/**
 * Answers a repeated POST from memory. The key counts for one tenant, actor and route; the body must be the same.
 * A failure of ours (5xx) is forgotten, so that the caller may try again.
 */
export async function withIdempotency(
  c: Context<HttpEnv>,
  store: IdempotencyStore,
  run: () => Promise<void>,
): Promise<void> {
  const key = c.req.header('idempotency-key');
  const { principal, found } = c.var;
  if (
    key === undefined ||
    c.req.method !== 'POST' ||
    !principal.tenant ||
    found.rules.idempotency === 'off' ||
    found.rules.body === 'stream'
  )
    return run();
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw HttpErrors.idempotencyKeyInvalid();
  const scope = {
    tenant: principal.tenant.id,
    actor: `${principal.actor.kind}:${principal.actor.id}`,
    route: `POST ${c.req.path}`,
    key,
  };
  const begun = await store.begin(scope, await fingerprint(c));
  if (begun.kind === 'reused') throw HttpErrors.idempotencyKeyReused();
  if (begun.kind === 'in-flight') throw HttpErrors.idempotencyInFlight();
  if (begun.kind === 'replay') {
    c.res = replay(begun.response);
    return;
  }
  // A plugin's answer is kept in the transaction that it commits: after a crash the repeat finds it.
  c.set('settle', async (tx, answer) => {
    const settled = await store.settle(tx, scope, begun.startedAt, await storedAnswer(answer));
    if (!settled) throw HttpErrors.idempotencyInFlight();
  });
  try {
    await run();
    const response = c.res.status < 500 ? await keep(c) : undefined;
    await (response ? store.finish(scope, response) : store.abandon(scope));
  } catch (error) {
    await store.abandon(scope);
    throw error;
  }
}

async function fingerprint(c: Context<HttpEnv>): Promise<string> {
  const hash = createHash('sha256');
  const query = c.req.url.indexOf('?');
  hash.update(query === -1 ? '' : c.req.url.slice(query));
  hash.update(`\n${c.req.header('content-type') ?? ''}\n`);
  // Reading through the context keeps the body for the handler.
  hash.update(new Uint8Array(await c.req.arrayBuffer()));
  return hash.digest('hex');
}

async function keep(c: Context<HttpEnv>): Promise<StoredResponse | undefined> {
  const length = Number(c.res.headers.get('content-length') ?? 0);
  // A stream has no end that could be kept.
  if (c.res.headers.get('content-type')?.startsWith('text/event-stream')) return undefined;
  // Such an answer shows a secret this once: what is kept says only that it was given.
  if (c.res.ok && c.res.headers.get('cache-control') === 'no-store') return alreadyShown();
  if (length > MAX_STORED_BYTES) return undefined;
  const body = new Uint8Array(await c.res.clone().arrayBuffer());
  if (body.byteLength > MAX_STORED_BYTES) return undefined;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = c.res.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: c.res.status, headers: Object.fromEntries(headers), body };
}

/** What a plugin answered, before it is sent. */
async function storedAnswer({ status, headers, body }: SettledAnswer): Promise<StoredResponse> {
  const kept = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  if (kept.get('cache-control') === 'no-store') return alreadyShown();
  if (body !== null && (!(body instanceof Uint8Array) || body.byteLength > MAX_STORED_BYTES))
    return asStored(HttpErrors.idempotencyDone());
  const wanted = KEPT_HEADERS.flatMap((name) => {
    const value = kept.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { status, headers: Object.fromEntries(wanted), body: body ?? new Uint8Array() };
}

const alreadyShown = (): Promise<StoredResponse> => asStored(HttpErrors.idempotencyShownOnce());

async function asStored(problem: ProblemError): Promise<StoredResponse> {
  const answer = problemResponse(problem);
  const headers = { 'content-type': answer.headers.get('content-type') ?? 'application/problem+json' };
  return { status: answer.status, headers, body: new Uint8Array(await answer.arrayBuffer()) };
}

const replay = ({ status, headers, body }: StoredResponse): Response =>
  new Response(body.byteLength === 0 ? null : new Uint8Array(body), {
    status,
    headers: { ...headers, 'idempotent-replayed': 'true' },
  });
