import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { PodliftError } from '@podlift/sdk';
import type { Agent, Dispatcher } from 'undici';
import { openBody } from './body.ts';
import type { Budget } from './budget.ts';
import { NetErrors } from './errors.ts';
import type { FullPolicy } from './policy.ts';
import type { Outgoing } from './request.ts';

/** One request and its answer, without following anything. `watch` is called when an answer came, what it returns when its body has ended. */
export type Exchange = (
  url: URL,
  request: Outgoing,
  policy: FullPolicy,
  signal: AbortSignal,
  watch: () => () => void,
) => Promise<Response>;

const NO_BODY = new Set([204, 205, 304]);

export function createExchange(agent: Agent, budget: Budget): Exchange {
  return async (url, request, policy, signal, watch) => {
    signal.throwIfAborted();
    const host = url.hostname;
    const explain = (error: unknown): unknown => explainFailure(error, host, policy, signal);
    const leave = await budget.enter(url.host, policy.tenant, signal);
    try {
      const answer = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: toNodeBody(request.body),
        signal,
        headersTimeout: policy.idleMs,
        bodyTimeout: policy.idleMs,
      });
      const done = watch();
      return toResponse(answer, url, request, policy, signal, explain, () => {
        leave();
        done();
      });
    } catch (error) {
      leave();
      throw explain(error);
    }
  };
}

function toResponse(
  answer: Dispatcher.ResponseData,
  url: URL,
  { method }: Outgoing,
  { maxBytes, idleMs }: FullPolicy,
  signal: AbortSignal,
  explain: (error: unknown) => unknown,
  done: () => void,
): Response {
  const headers = toHeaders(answer.headers);
  const status = answer.statusCode;
  const source = answer.body as unknown as Readable;
  if (method === 'HEAD' || NO_BODY.has(status)) {
    source.on('error', () => undefined).resume();
    done();
    return withUrl(new Response(null, { status, headers }), url);
  }
  try {
    if (Number(headers.get('content-length')) > maxBytes) throw NetErrors.tooLarge(url.hostname, maxBytes);
    const encoding = headers.get('content-encoding') ?? undefined;
    const body = openBody(source, encoding, { host: url.hostname, maxBytes, idleMs, signal, explain, done });
    // The body is unpacked now; these two told of it packed.
    if (encoding !== undefined) for (const name of ['content-encoding', 'content-length']) headers.delete(name);
    return withUrl(new Response(body, { status, headers }), url);
  } catch (error) {
    source.on('error', () => undefined).destroy();
    done();
    throw error;
  }
}

/** `Response` has no way to be told where it came from. */
const withUrl = (response: Response, url: URL): Response => Object.defineProperty(response, 'url', { value: url.href });

function toHeaders(given: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  return headers;
}

function toNodeBody(body: Outgoing['body']): string | Uint8Array | Readable | null {
  if (body === undefined) return null;
  // The two declarations of the same web stream differ in details of no use here.
  return body instanceof ReadableStream ? Readable.fromWeb(body as NodeReadableStream<Uint8Array>) : body;
}

/** Which of our failures an error of the network is. */
function explainFailure(error: unknown, host: string, { idleMs }: FullPolicy, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof PodliftError) return error;
  if (!(error instanceof Error)) return NetErrors.unreachable(host, 'the connection broke', error);
  if (error instanceof AggregateError && error.errors[0] instanceof PodliftError) return error.errors[0];
  if (error.cause instanceof PodliftError) return error.cause;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return NetErrors.timeout(host, 'did not take the connection', 5000);
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return NetErrors.timeout(host, 'did not begin to answer', idleMs);
  if (code === 'UND_ERR_BODY_TIMEOUT') return NetErrors.timeout(host, 'sent nothing', idleMs);
  if (/^Z_|^ERR_(BROTLI|ZLIB|_ERROR_FORMAT)|^ERR__ERROR/.test(code)) return NetErrors.badEncoding(host, error);
  const distrust = BAD_CERTIFICATE[code];
  if (distrust !== undefined) return NetErrors.badCertificate(host, distrust, error);
  return NetErrors.unreachable(host, REASONS[code] ?? 'the connection broke', error);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it ended the connection',
  UND_ERR_SOCKET: 'it ended the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
};

/** Trying again does not mend these. */
const BAD_CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
};
