import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import { ProblemError } from './problem.ts';

/** Deeper JSON is refused: what reads it recurses. */
export const MAX_JSON_DEPTH = 48;

/** Refuses a body over the limit: at once when its length is told, else while it is read, unless its handler counts. */
export function limitBody(c: Context<HttpEnv>, limit: number, streamed = false): void {
  const { method } = c.req;
  if (method === 'GET' || method === 'HEAD') return;
  const length = c.req.header('content-length');
  if (length !== undefined && c.req.header('transfer-encoding') === undefined) {
    if (Number(length) > limit) throw HttpErrors.bodyTooLarge(limit);
    return;
  }
  if (streamed) return;
  // On a real server no length and no transfer encoding means no body; asking the request for it would cost more.
  if (c.env.incoming && c.req.header('transfer-encoding') === undefined) return;
  const { raw } = c.req;
  if (raw.body) c.req.raw = new Request(raw, { body: counted(raw.body, limit), duplex: 'half' } as RequestInit);
}

function counted(body: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let size = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength;
        if (size > limit) controller.error(HttpErrors.bodyTooLarge(limit));
        else controller.enqueue(chunk);
      },
    }),
  );
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;

export const isJson = (contentType: string | undefined): boolean =>
  contentType !== undefined && JSON_TYPE.test(contentType);

/**
 * Reads a JSON body, which stays with the request, and refuses it when it is nested too deeply: as bytes when it is
 * handed on to a plugin, as text when a route of core parses it.
 */
export async function checkJsonBody(c: Context<HttpEnv>): Promise<void> {
  const { method } = c.req;
  if (method === 'GET' || method === 'HEAD' || !isJson(c.req.header('content-type'))) return;
  if (jsonDepth(await readBody(c)) > MAX_JSON_DEPTH) throw HttpErrors.tooDeep(MAX_JSON_DEPTH);
}

async function readBody(c: Context<HttpEnv>): Promise<string | Uint8Array> {
  try {
    return c.get('found').kind === 'plugin' ? new Uint8Array(await c.req.arrayBuffer()) : await c.req.text();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw HttpErrors.bodyBroken(error);
  }
}

const QUOTE = 34;
const BACKSLASH = 92;

/** How deep brackets nest outside of strings. Hot path: one pass, no copy. In UTF-8 these signs stand for nothing else. */
export function jsonDepth(json: string | Uint8Array): number {
  const code = (at: number): number | undefined => (typeof json === 'string' ? json.charCodeAt(at) : json[at]);
  const nextQuote = (from: number): number =>
    typeof json === 'string' ? json.indexOf('"', from) : json.indexOf(QUOTE, from);
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < json.length; at += 1) {
    const sign = code(at);
    if (sign === QUOTE) {
      at = nextQuote(at + 1);
      while (at !== -1 && isEscaped(code, at)) at = nextQuote(at + 1);
      if (at === -1) return deepest;
    } else if (sign === 123 || sign === 91) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (sign === 125 || sign === 93) depth -= 1;
  }
  return deepest;
}

/** An odd number of backslashes before it takes a quote's meaning away. */
function isEscaped(code: (at: number) => number | undefined, quote: number): boolean {
  let slashes = 0;
  while (code(quote - 1 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}
