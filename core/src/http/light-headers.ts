/** Headers over a plain object: looked up without being copied, made whole when they are changed. */
class LightHeaders {
  readonly #plain: Readonly<Record<string, string>>;
  #whole: Headers | undefined;

  constructor(plain: Readonly<Record<string, string>>) {
    this.#plain = plain;
  }

  #all(): Headers {
    this.#whole ??= new Headers(this.#plain);
    return this.#whole;
  }

  get(name: string): string | null {
    return this.#whole ? this.#whole.get(name) : (this.#plain[name.toLowerCase()] ?? null);
  }

  has(name: string): boolean {
    return this.#whole ? this.#whole.has(name) : Object.hasOwn(this.#plain, name.toLowerCase());
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
    return this.#whole ? this.#whole.keys() : Object.keys(this.#plain).values();
  }

  values() {
    return this.#whole ? this.#whole.values() : Object.values(this.#plain).values();
  }

  entries() {
    return this.#whole ? this.#whole.entries() : Object.entries(this.#plain).values();
  }

  forEach(each: (value: string, key: string, parent: Headers) => void): void {
    this.#all().forEach(each);
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}
Object.setPrototypeOf(LightHeaders.prototype, Headers.prototype);

/** Headers that can be looked up at once. The names of `plain` are in lower case. */
export const lightHeaders = (plain: Readonly<Record<string, string>>): Headers =>
  new LightHeaders(Object.assign(Object.create(null), plain) as Record<string, string>);
