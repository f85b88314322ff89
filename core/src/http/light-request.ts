import { lightHeaders } from './light-headers.ts';
import type { BodyReader } from './plugin-request.ts';

/**
 * Under this key the server's own light requests make themselves whole, when one is given to `new Request()`. Ours do
 * the same. Another version of the server may have no such key: then no light request is made, and nothing breaks.
 */
let madeWhole: { readonly of: object; readonly key: symbol | undefined } | undefined;

function wholeKey(source: Request): symbol | undefined {
  const prototype: object = Object.getPrototypeOf(source) as object;
  if (madeWhole?.of !== prototype) {
    const key = Object.getOwnPropertySymbols(prototype).find((one) => one.description === 'getRequestCache');
    madeWhole = { of: prototype, key };
  }
  return madeWhole.key;
}

const decoder = new TextDecoder();

/** A request whose rarer members are made when they are asked for. */
class LightRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly #reader: BodyReader;
  readonly #signal: () => AbortSignal;
  readonly #makeWhole: () => Request;
  #whole: Request | undefined;
  #read = false;

  constructor(
    source: Request,
    headers: Headers,
    reader: BodyReader,
    signal: () => AbortSignal,
    makeWhole: () => Request,
  ) {
    this.method = source.method;
    this.url = source.url;
    this.headers = headers;
    this.#reader = reader;
    this.#signal = signal;
    this.#makeWhole = makeWhole;
  }

  whole(): Request {
    if (this.#read) throw new TypeError('Body is unusable: Body has already been read');
    this.#whole ??= this.#makeWhole();
    return this.#whole;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? this.#read;
  }

  get body(): ReadableStream | null {
    return this.whole().body;
  }

  async text(): Promise<string> {
    return this.#whole ? this.#whole.text() : decoder.decode(await this.#once().arrayBuffer());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#whole ? this.#whole.arrayBuffer() : this.#once().arrayBuffer();
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async blob(): Promise<Blob> {
    return this.whole().blob();
  }

  async formData(): Promise<FormData> {
    return this.whole().formData();
  }

  clone(): Request {
    return this.whole().clone();
  }

  #once(): BodyReader {
    if (this.#read) throw new TypeError('Body is unusable: Body has already been read');
    this.#read = true;
    return this.#reader;
  }
}

let classWith: { readonly key: symbol; readonly base: object } | undefined;

/** `undefined` when the server's requests do not allow it. */
export function tryLightRequest(
  source: Request,
  headers: Record<string, string>,
  reader: BodyReader,
  signal: () => AbortSignal,
  makeWhole: () => Request,
): Request | undefined {
  const key = wholeKey(source);
  if (key === undefined) return undefined;
  if (classWith?.key !== key || classWith.base !== Request.prototype) {
    classWith = { key, base: Request.prototype };
    Object.setPrototypeOf(LightRequest.prototype, Request.prototype);
    Object.defineProperty(LightRequest.prototype, key, { value: LightRequest.prototype.whole, configurable: true });
  }
  // The class has every member of Request that is read here; only its private brand is missing.
  return new LightRequest(source, lightHeaders(headers), reader, signal, makeWhole) as unknown as Request;
}
