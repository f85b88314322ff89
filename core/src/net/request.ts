import { NetErrors } from './errors.ts';
import type { NetInit } from './policy.ts';

/** A request as it is sent: checked, and with a body that can be sent again or not. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Headers;
  readonly body: NetInit['body'];
  readonly idempotent: boolean;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
/** Headers that say how bytes travel: ours to say. */
const OURS = [
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'te',
  'trailer',
  'upgrade',
  'expect',
];
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization'];

export function toOutgoing(init: NetInit, userAgent: string): Outgoing {
  const method = (init.method ?? 'GET').toUpperCase();
  if (!METHODS.has(method)) throw NetErrors.badRequest(`the method ${method} is not known`);
  if (init.body !== undefined && (method === 'GET' || method === 'HEAD'))
    throw NetErrors.badRequest(`${method} has no body`);
  const headers = toHeaders(init.headers);
  const own = OURS.find((name) => headers.has(name));
  if (own) throw NetErrors.badRequest(`the header ${own} cannot be set`);
  headers.set('accept-encoding', 'gzip, deflate, br');
  if (!headers.has('user-agent')) headers.set('user-agent', userAgent);
  if (!headers.has('accept')) headers.set('accept', '*/*');
  return { method, headers, body: init.body, idempotent: init.idempotent ?? REPEATABLE.has(method) };
}

function toHeaders(given: NetInit['headers']): Headers {
  try {
    return new Headers(given);
  } catch (error) {
    throw NetErrors.badRequest(error instanceof Error ? error.message : 'its headers are malformed');
  }
}

/** Whether sending it twice does no more than sending it once. */
export const isRepeatable = ({ idempotent, body }: Outgoing): boolean =>
  idempotent && !(body instanceof ReadableStream);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

/** The request that follows a redirect; credentials stay with the host they were meant for. */
export function followRedirect(request: Outgoing, status: number, from: URL, to: URL): Outgoing {
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw NetErrors.badRedirect(from.hostname, 'it leads from https to http');
  const headers = new Headers(request.headers);
  if (from.origin !== to.origin) for (const name of CREDENTIALS) headers.delete(name);
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  if (becomesGet) {
    const about = [...headers.keys()].filter((name) => name.startsWith('content-'));
    for (const name of about) headers.delete(name);
    return { method: 'GET', headers, body: undefined, idempotent: request.idempotent };
  }
  if (request.body instanceof ReadableStream)
    throw NetErrors.badRedirect(from.hostname, 'the body was a stream and cannot be sent again');
  return { ...request, headers };
}
