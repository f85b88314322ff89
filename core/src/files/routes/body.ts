import type { Context } from 'hono';
import type { HttpEnv } from '../../http/index.ts';
import { unlessSilent } from '../intake/pump.ts';

/** A sender that says nothing for so long has gone; what it had sent of an upload is kept. */
const SILENCE_MS = 60_000;

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The body as it comes, straight from the socket when there is one: never held, never copied. */
export function bodyOf(c: Context<HttpEnv>, silenceMs = SILENCE_MS): AsyncIterable<Uint8Array> {
  const source: AsyncIterable<Uint8Array> = c.env.incoming ?? c.req.raw.body ?? nothing();
  return unlessSilent(source, silenceMs);
}
