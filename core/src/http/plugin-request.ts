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

/** Reads a body that may have been read already, and remembers it. */
export interface BodyReader {
  text(): Promise<string>;
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
  const hasBody = method !== 'GET' && method !== 'HEAD' && headers.get('content-length') !== '0';
  return new (pluginRequestClass())(url, { method, headers }, hasBody ? { source, reader: body } : undefined, signal);
}

interface Body {
  readonly source: Request;
  readonly reader: BodyReader;
}
type PluginRequestClass = new (
  url: string,
  init: RequestInit,
  body: Body | undefined,
  signal: () => AbortSignal,
) => Request;

let base: typeof Request | undefined;
let made: PluginRequestClass | undefined;

/** A class over the `Request` of this moment: the server replaces the global one when it is made. */
function pluginRequestClass(): PluginRequestClass {
  if (base !== globalThis.Request || !made) {
    base = globalThis.Request;
    made = derive(base);
  }
  return made;
}

// Signal and stream are made when somebody asks: they cost more than everything else here, and few ask.
const derive = (Base: typeof Request): PluginRequestClass =>
  class PluginRequest extends Base {
    readonly #body: Body | undefined;
    readonly #whenOver: () => AbortSignal;
    #read = false;

    constructor(url: string, init: RequestInit, body: Body | undefined, signal: () => AbortSignal) {
      super(url, body ? ({ ...init, body: lazyBody(body), duplex: 'half' } as RequestInit) : init);
      this.#body = body;
      this.#whenOver = signal;
    }

    override get signal(): AbortSignal {
      return this.#whenOver();
    }

    override get bodyUsed(): boolean {
      return this.#read || super.bodyUsed;
    }

    override async text(): Promise<string> {
      return this.#reader()?.text() ?? super.text();
    }

    override async arrayBuffer(): Promise<ArrayBuffer> {
      return this.#reader()?.arrayBuffer() ?? super.arrayBuffer();
    }

    override async json(): Promise<unknown> {
      return JSON.parse(await this.text());
    }

    /** The caller's own reader, which is quicker than the stream; once, as the standard says. */
    #reader(): BodyReader | undefined {
      if (!this.#body || super.bodyUsed) return undefined;
      if (this.#read) throw new TypeError('Body is unusable: Body has already been read');
      this.#read = true;
      return this.#body.reader;
    }
  };

function lazyBody({ source, reader }: Body): ReadableStream<Uint8Array> {
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
