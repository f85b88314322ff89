/** What a request may do and use up. The host of a plugin makes it from the manifest; a plugin never does. */
export interface NetPolicy {
  /** Patterns of host names: a name, `*.example.com`, or `*` for every public host. */
  readonly hosts: readonly string[];
  /** For whom: places at a host go around among tenants. */
  readonly tenant?: string;
  /** Bytes of the body, after unpacking. */
  readonly maxBytes?: number;
  /** From the first step to the last byte of the body, retries included. */
  readonly timeoutMs?: number;
  /** How long nothing may come. */
  readonly idleMs?: number;
  readonly maxRedirects?: number;
  /** Repeats after a failure that may pass, for requests that can be repeated. */
  readonly retries?: number;
  /** Answers other than 2xx throw `net.bad_status`. */
  readonly requireOk?: boolean;
}

/** A request, as `fetch` takes it. */
export interface NetInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Whether sending it twice does no more than sending it once; as its method says when left out. */
  readonly idempotent?: boolean;
}

/** A policy with its gaps filled. */
export type FullPolicy = Required<Omit<NetPolicy, 'tenant'>> & Pick<NetPolicy, 'tenant'>;

const MEGABYTE = 1024 * 1024;

export const fillPolicy = (policy: NetPolicy): FullPolicy => ({
  maxBytes: 10 * MEGABYTE,
  timeoutMs: 30_000,
  idleMs: 10_000,
  maxRedirects: 5,
  retries: 2,
  requireOk: false,
  ...policy,
});
