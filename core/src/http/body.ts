import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';

/** Deeper JSON is refused: what reads it recurses. */
export const MAX_JSON_DEPTH = 48;

/** Refuses a body over the limit: at once when its length is told, else while it is read. */
export function limitBody(c: Context<HttpEnv>, limit: number): void {
  const { method } = c.req;
  if (method === 'GET' || method === 'HEAD') return;
  const length = c.req.header('content-length');
  if (length !== undefined && c.req.header('transfer-encoding') === undefined) {
    if (Number(length) > limit) throw HttpErrors.bodyTooLarge(limit);
    return;
  }
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

/** Reads a JSON body as text, which stays with the request, and refuses it when it is nested too deeply. */
export async function checkJsonBody(c: Context<HttpEnv>): Promise<void> {
  const { method } = c.req;
  if (method === 'GET' || method === 'HEAD' || !isJson(c.req.header('content-type'))) return;
  if (jsonDepth(await c.req.text()) > MAX_JSON_DEPTH) throw HttpErrors.tooDeep(MAX_JSON_DEPTH);
}

const QUOTE = 34;
const BACKSLASH = 92;

/** How deep brackets nest outside of strings. Hot path: one pass, no copy. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 123 || code === 91) deepest = Math.max(deepest, (depth += 1));
    else if (code === 125 || code === 93) depth -= 1;
  }
  return deepest;
}

/** The index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}
