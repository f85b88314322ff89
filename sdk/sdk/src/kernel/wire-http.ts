import { PodliftError } from '../errors.ts';
import type { Cancel } from './cancel.ts';

/** An HTTP body that may cross: whole, or pulled by its reader. */
export type WireBody = Uint8Array | ReadableStream<Uint8Array> | null;

/** A request as plain data. */
export interface WireRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: WireBody;
}

/** A response as plain data. */
export interface WireResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: WireBody;
}

const headersOf = (pairs: readonly (readonly [string, string])[]): [string, string][] =>
  pairs.map(([name, value]) => [name, value]);

/** The DOM's BodyInit wants bytes over an ArrayBuffer, which ours are. */
const bodyOf = (body: WireBody): BodyInit | null => body as BodyInit | null;

export function requestFromWire({ url, method, headers, body }: WireRequest): Request {
  const carries = body !== null && method !== 'GET' && method !== 'HEAD';
  return new Request(url, {
    method,
    headers: headersOf(headers),
    ...(carries && { body: bodyOf(body), duplex: 'half' }),
  });
}

export function responseFromWire({ status, headers, body }: WireResponse): Response {
  return new Response(bodyOf(body), { status, headers: headersOf(headers) });
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<Reader['read']>>;
const LATER = Symbol('later');
const tick = (): Promise<typeof LATER> => new Promise((resolve) => void setImmediate(resolve, LATER));

/** A response as plain data. A body that is ready at once goes along with its head; a longer one is pulled by its reader. */
export async function responseToWire(response: Response, call?: Cancel): Promise<WireResponse> {
  const { status } = response;
  const headers = [...response.headers];
  if (!response.body) return { status, headers, body: null };
  const reader = response.body.getReader();
  const first = reader.read();
  const soon = await Promise.race([first, tick()]);
  if (soon === LATER) return { status, headers, body: rest(reader, [first], call) };
  if (soon.done) return { status, headers, body: new Uint8Array(0) };
  const second = reader.read();
  const then = await Promise.race([second, tick()]);
  if (then !== LATER && then.done) return { status, headers, body: soon.value };
  return { status, headers, body: rest(reader, [first, second], call) };
}

function rest(reader: Reader, ahead: Promise<Chunk>[], call: Cancel | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (ahead.shift() ?? reader.read());
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(reason) {
        call?.abort(new PodliftError('aborted', 'the reader left'));
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
