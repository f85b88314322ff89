import { PodliftError } from '../errors.ts';

type Listener = (reason: PodliftError) => void;

/** A cancel switch that costs nothing until someone looks at its signal. */
export class Cancel {
  #reason: PodliftError | undefined;
  #controller: AbortController | undefined;
  #listeners: Set<Listener> | undefined;

  /** Why it was cancelled, or undefined while it is not. */
  get reason(): PodliftError | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Only the first reason counts. */
  abort(reason: PodliftError): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls back once, at once when it is already cancelled. Returns the way to stop listening. */
  onAbort(listener: Listener): () => void {
    if (this.#reason) {
      listener(this.#reason);
      return () => undefined;
    }
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Follows an AbortSignal; undefined for none. */
  static from(signal: AbortSignal | undefined): Cancel | undefined {
    if (!signal) return undefined;
    const cancel = new Cancel();
    const stop = (): void =>
      cancel.abort(new PodliftError('aborted', 'the caller gave up', { cause: signal.reason as unknown }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return cancel;
  }
}

/** Rejects as soon as `cancel` fires, whether or not the work notices. */
export function settle<T>(work: Promise<T>, cancel: Cancel | undefined): Promise<T> {
  if (!cancel) return work;
  return new Promise<T>((resolve, reject) => {
    const forget = cancel.onAbort(reject);
    work.then(
      // oxlint-disable-next-line promise/always-return -- the promise around it has the value
      (value) => {
        forget();
        resolve(value);
      },
      (thrown: unknown) => {
        forget();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the work threw is passed on as it is
        reject(thrown);
      },
    );
  });
}
