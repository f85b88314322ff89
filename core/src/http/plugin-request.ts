/** What a plugin never learns of a request: it could act as the caller with it. */
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

/**
 * The headers a plugin sees. A view, because copying all headers of each request costs more than the call itself;
 * hot path, see bench/.
 */
class PluginHeaders {
  readonly #source: Headers;
  #copy: Headers | undefined;

  constructor(source: Headers) {
    this.#source = source;
  }

  #all(): Headers {
    if (!this.#copy) {
      this.#copy = new Headers(this.#source);
      for (const name of HELD_BACK) this.#copy.delete(name);
    }
    return this.#copy;
  }

  get(name: string): string | null {
    if (this.#copy) return this.#copy.get(name);
    return HELD_BACK.has(name.toLowerCase()) ? null : this.#source.get(name);
  }

  has(name: string): boolean {
    if (this.#copy) return this.#copy.has(name);
    return !HELD_BACK.has(name.toLowerCase()) && this.#source.has(name);
  }

  set(name: string, value: string): void {
    this.#all().set(name, value);
  }

  append(name: string, value: string): void {
    this.#all().append(name, value);
  }

  delete(name: string): void {
    this.#all().delete(name);
  }

  getSetCookie(): string[] {
    return [];
  }

  keys() {
    return this.#all().keys();
  }

  values() {
    return this.#all().values();
  }

  entries() {
    return this.#all().entries();
  }

  forEach(each: (value: string, key: string, parent: Headers) => void): void {
    this.#all().forEach(each);
  }

  [Symbol.iterator]() {
    return this.#all().entries();
  }
}
Object.setPrototypeOf(PluginHeaders.prototype, Headers.prototype);

/** Reads a body that may have been read already. */
export interface BodyReader {
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The request a plugin gets: the caller's, without credentials. It is a `Request` whose rarer members are made when
 * they are asked for; hot path, see bench/.
 */
class PluginRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly #source: Request;
  readonly #body: BodyReader;
  readonly #signal: () => AbortSignal;
  #real: Request | undefined;
  #read = false;

  constructor(source: Request, body: BodyReader, signal: () => AbortSignal) {
    this.method = source.method;
    this.url = source.url;
    // The view has all members of Headers; only its private brand is missing.
    this.headers = new PluginHeaders(source.headers) as unknown as Headers;
    this.#source = source;
    this.#body = body;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#read;
  }

  text(): Promise<string> {
    return this.#once(
      () => this.#body.text(),
      (real) => real.text(),
    );
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#once(
      () => this.#body.arrayBuffer(),
      (real) => real.arrayBuffer(),
    );
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer());
  }

  blob(): Promise<Blob> {
    return this.#whole().blob();
  }

  formData(): Promise<FormData> {
    return this.#whole().formData();
  }

  get body(): ReadableStream | null {
    return this.#whole().body;
  }

  clone(): Request {
    return this.#whole().clone();
  }

  async #once<T>(fast: () => Promise<T>, slow: (real: Request) => Promise<T>): Promise<T> {
    if (this.#real) return slow(this.#real);
    if (this.#read) throw new TypeError('Body is unusable: Body has already been read');
    this.#read = true;
    return fast();
  }

  #whole(): Request {
    if (this.#real) return this.#real;
    const hasBody = this.method !== 'GET' && this.method !== 'HEAD';
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    if (hasBody) void this.#pour(writable);
    this.#real = new Request(this.url, {
      method: this.method,
      headers: this.headers,
      signal: this.signal,
      ...(hasBody && { body: readable, duplex: 'half' }),
    } as RequestInit);
    return this.#real;
  }

  async #pour(writable: WritableStream<Uint8Array>): Promise<void> {
    try {
      if (this.#source.bodyUsed || !this.#source.body) {
        const writer = writable.getWriter();
        await writer.write(new Uint8Array(await this.#body.arrayBuffer()));
        await writer.close();
      } else await this.#source.body.pipeTo(writable);
    } catch (error) {
      await writable.abort(error).catch(() => undefined);
    }
  }
}
Object.setPrototypeOf(PluginRequest.prototype, Request.prototype);

/** The caller's request as a plugin may see it. */
export const toPluginRequest = (source: Request, body: BodyReader, signal: () => AbortSignal): Request =>
  // The class has all members of Request; only its private brand is missing.
  new PluginRequest(source, body, signal) as unknown as Request;
