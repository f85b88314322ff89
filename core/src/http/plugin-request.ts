import type { IncomingMessage } from 'node:http';
import { tryLightRequest } from './light-request.ts';

/** What a plugin never learns of a request: it could act as the caller with it, or believe a made-up address. */
const HELD_BACK = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-client-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
]);

/** Reads a body that may have been read already, and remembers it. */
export interface BodyReader {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The caller's request as a plugin may see it: without credentials, and with a body that is read when it is asked for.
 * From a real server it is a light one; hot path, see bench/.
 */
export function toPluginRequest(
  source: Request,
  reader: BodyReader,
  signal: () => AbortSignal,
  incoming?: IncomingMessage,
): Request {
  const headers = keptOf(incoming ? Object.entries(incoming.headers) : source.headers);
  const whole = (): Request => wholeRequest(source, headers, reader, signal);
  return (incoming && tryLightRequest(source, headers, reader, signal, whole)) ?? whole();
}

/** As a plain object, which the server's own headers are too. */
function keptOf(all: Iterable<[string, string | string[] | undefined]>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of all)
    if (value !== undefined && !HELD_BACK.has(name)) kept[name] = typeof value === 'string' ? value : value.join(', ');
  return kept;
}

function wholeRequest(
  source: Request,
  headers: Record<string, string>,
  reader: BodyReader,
  signal: () => AbortSignal,
): Request {
  const { method, url } = source;
  const hasBody = method !== 'GET' && method !== 'HEAD' && headers['content-length'] !== '0';
  const request = new Request(url, {
    method,
    headers,
    ...(hasBody && { body: lazyBody(source, reader), duplex: 'half' }),
  });
  // A signal in the constructor costs more than everything else here, and few ask for it.
  return Object.defineProperty(request, 'signal', { get: signal });
}

function lazyBody(source: Request, reader: BodyReader): ReadableStream<Uint8Array> {
  let chunks: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!chunks && source.bodyUsed) {
          controller.enqueue(new Uint8Array(await reader.arrayBuffer()));
          return controller.close();
        }
        chunks ??= source.body?.getReader();
        const next = await chunks?.read();
        if (!next || next.done) return controller.close();
        controller.enqueue(next.value);
      },
      cancel: (reason) => chunks?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
