import type { OpenScope, Scope } from './doors.ts';

/** A scope that is opened by the first thing that is asked of it, because most requests ask for nothing. */
export class RequestScope implements Scope {
  readonly #open: () => ReturnType<OpenScope>;
  #scope: ReturnType<OpenScope> | undefined;

  constructor(open: () => ReturnType<OpenScope>) {
    this.#open = open;
  }

  resolve(name: string): unknown {
    this.#scope ??= this.#open();
    return this.#scope.resolve(name);
  }

  close(): void | Promise<void> {
    return this.#scope?.dispose();
  }
}
