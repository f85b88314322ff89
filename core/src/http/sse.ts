import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import type { Principal } from './principal.ts';
import type { ProblemError } from './problem.ts';
import { toProblem } from './respond.ts';
import { endedBecause, type StreamLease } from './stream-gate.ts';

/** One message of a stream. */
export interface StreamMessage {
  /** What a client that comes back sends as Last-Event-ID. */
  readonly id?: string;
  /** The type that clients listen for; `message` when absent. */
  readonly event?: string;
  /** Plain JSON. */
  readonly data: unknown;
}

/**
 * Where messages come from: everything after the given id, then what follows, until the signal fires. It begins after the
 * request's own scope was closed, so it may not use what it resolved there. `listener` is who listens, as of the last look:
 * permissions change while a stream is open.
 */
export type StreamSource = (
  after: string | undefined,
  signal: AbortSignal,
  listener: () => Principal,
) => AsyncIterable<StreamMessage>;

export interface StreamOptions {
  readonly source: StreamSource;
  /** Milliseconds between two signs of life on a quiet stream; 15,000 when absent. */
  readonly heartbeatMs?: number;
  /** Milliseconds after which a client that was cut off comes back; 2000 when absent. */
  readonly retryMs?: number;
}

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;
/** A client that takes nothing for so many heartbeats has gone without saying so. */
const STALLED_HEARTBEATS = 4;
const MAX_ID = 256;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-store, no-transform',
  // Proxies that gather an answer before they pass it on would hold the stream back for ever.
  'x-accel-buffering': 'no',
};

/**
 * Answers with a stream of server-sent events that can be resumed by `Last-Event-ID`. It ends when the client leaves, when
 * the host stops, or within seconds after the session, the key, the membership or the permission ended or the tenant was
 * suspended; then the last message is `closed` with the problem that a new request would get. So many streams may be open
 * per tenant and actor; one more is a 429.
 *
 * @example
 * ```ts
 * (c) => streamEvents(c, { source: (after, signal) => progress.follow(c.req.param('id'), after, signal) })
 * ```
 */
export function streamEvents(c: Context<HttpEnv>, options: StreamOptions): Response {
  const after = readLastId(c.req.header('last-event-id'));
  if (c.req.method === 'HEAD') return new Response(null, { headers: HEADERS });
  const lease = c.var.streams.admit(c);
  // The lease is given back with the connection, also when nobody ever reads the answer.
  c.env.outgoing?.once('close', () => {
    lease.end();
    lease.release();
  });
  return new Response(toBody(c, lease, after, options), { headers: HEADERS });
}

function readLastId(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  if (header.length > MAX_ID || !/^[\x21-\x7e]+$/.test(header)) throw HttpErrors.lastEventIdInvalid();
  return header;
}

/** Pulled by the client: what it does not take is not asked of the source. */
function toBody(
  c: Context<HttpEnv>,
  lease: StreamLease,
  after: string | undefined,
  options: StreamOptions,
): ReadableStream<Uint8Array> {
  const log = c.var.log;
  const connection = c.env.outgoing;
  const { source, heartbeatMs = HEARTBEAT_MS, retryMs = RETRY_MS } = options;
  const encoder = new TextEncoder();
  let messages: AsyncIterator<StreamMessage> | undefined;
  let heart: NodeJS.Timeout | undefined;
  let quiet = 0;

  const end = (): void => {
    clearInterval(heart);
    lease.end();
    lease.release();
    // A source that waits for its signal is let go; how it ends is nobody's business any more.
    messages?.return?.()?.catch(() => undefined);
    messages = undefined;
  };

  const finish = (controller: ReadableStreamDefaultController<Uint8Array>, why: ProblemError | undefined): void => {
    if (why) controller.enqueue(encoder.encode(toText({ event: 'closed', data: toClosed(why) })));
    end();
    controller.close();
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(`retry: ${retryMs}\n\n`));
        heart = setInterval(() => {
          if ((controller.desiredSize ?? 0) > 0) {
            quiet = 0;
            controller.enqueue(encoder.encode(':\n\n'));
          } else if (++quiet >= STALLED_HEARTBEATS) {
            end();
            log.debug({}, 'A client of a stream takes nothing and was cut off');
            if (connection) connection.destroy();
            else controller.error(new Error('The client takes nothing.'));
          }
        }, heartbeatMs);
        heart.unref();
      },
      async pull(controller) {
        try {
          messages ??= source(after, lease.signal, lease.principal)[Symbol.asyncIterator]();
          const next = await untilAborted(messages.next(), lease.signal);
          if (next && !next.done) return controller.enqueue(encoder.encode(toText(next.value)));
          finish(controller, endedBecause(lease.signal));
        } catch (error) {
          if (lease.signal.aborted) return finish(controller, endedBecause(lease.signal));
          log.error({ err: error }, 'a stream failed');
          finish(controller, toProblem(error));
        }
      },
      cancel: end,
    },
    { highWaterMark: 2 },
  );
}

const toClosed = ({ status, code, title, message }: ProblemError) => ({
  status,
  code,
  title,
  detail: message,
});

/** The next message, or undefined as soon as the stream must end. */
async function untilAborted<T>(next: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const stop = Promise.withResolvers<undefined>();
  const give = (): void => stop.resolve(undefined);
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([next, stop.promise]);
  } finally {
    signal.removeEventListener('abort', give);
    next.catch(() => undefined);
  }
}

/** As the standard writes it. JSON has no line breaks of its own, and a name with one would forge a message. */
export function toText({ id, event, data }: StreamMessage): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${oneLine(id)}`]),
    ...(event === undefined ? [] : [`event: ${oneLine(event)}`]),
    `data: ${JSON.stringify(data ?? null)}`,
  ];
  return `${lines.join('\n')}\n\n`;
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, ' ');
