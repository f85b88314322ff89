/** What a plugin never learns of a request: it could act as the caller with it, or believe a made-up address. */
const HELD_BACK = [
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-client-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
];

/** Reads a body that may have been read already. */
export interface BodyReader {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The caller's request as a plugin may see it: without credentials, and with a body that is read when it is asked for.
 * Hot path, see bench/.
 */
export function toPluginRequest(source: Request, body: BodyReader, signal: () => AbortSignal): Request {
  const { method, url } = source;
  const headers = new Headers(source.headers);
  for (const name of HELD_BACK) headers.delete(name);
  const hasBody = method !== 'GET' && method !== 'HEAD' && !isEmpty(headers);
  const request = new Request(url, {
    method,
    headers,
    ...(hasBody && { body: lazyBody(source, body), duplex: 'half' }),
  } as RequestInit);
  // A signal in the constructor costs more than everything else here, and few ask for it.
  return Object.defineProperty(request, 'signal', { get: signal });
}

const isEmpty = (headers: Headers): boolean => headers.get('content-length') === '0';

function lazyBody(source: Request, body: BodyReader): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!reader && source.bodyUsed) {
          controller.enqueue(new Uint8Array(await body.arrayBuffer()));
          return controller.close();
        }
        reader ??= source.body?.getReader();
        const next = await reader?.read();
        if (!next || next.done) return controller.close();
        controller.enqueue(next.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
