import type { Log, LogMethod } from '../telemetry/index.ts';

/** A log that names the request, made when something is written: most requests write nothing. */
export class RequestLog implements Log {
  readonly #parent: Log;
  readonly #requestId: string;
  readonly #traceId: string;
  #made: Log | undefined;

  constructor(parent: Log, requestId: string, traceId: string) {
    this.#parent = parent;
    this.#requestId = requestId;
    this.#traceId = traceId;
  }

  get #log(): Log {
    this.#made ??= this.#parent.child({ requestId: this.#requestId, traceId: this.#traceId });
    return this.#made;
  }

  get debug(): LogMethod {
    return this.#log.debug;
  }

  get info(): LogMethod {
    return this.#log.info;
  }

  get warn(): LogMethod {
    return this.#log.warn;
  }

  get error(): LogMethod {
    return this.#log.error;
  }

  child(fields: object): Log {
    return this.#log.child(fields);
  }
}
