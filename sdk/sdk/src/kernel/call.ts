import { PodliftError } from '../errors.ts';
import type { Actor } from '../context.ts';
import type { Cancel } from './cancel.ts';
import type { Link, Local } from './link.ts';

/** What the host tells a plugin about one call. `cap` names the call; the host knows the rest of it and trusts nothing else. */
export interface CallHeader {
  /** A number that is looked up only in the table of the very plugin process that sends it. */
  readonly cap: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly trace: string;
  /** In milliseconds since 1970. */
  readonly deadline: number;
  /** The host's clock when the call began, in milliseconds since 1970. */
  readonly now: number;
  /** The clock stands still during the call, as in tests. */
  readonly frozenClock?: boolean;
  readonly settings: { readonly version: number; readonly value: unknown };
  /** What the manifest's flags are for this call. */
  readonly flags?: Readonly<Record<string, boolean | string>>;
  /** Aliases of the manifest's `optional` contracts that somebody provides. */
  readonly optional: readonly string[];
}

/** One call into a plugin, seen from inside: what its context asks the host goes through here. */
export class Call {
  readonly header: CallHeader;
  readonly cancel: Cancel;
  readonly local: Local | undefined;
  readonly strict: boolean;
  readonly #host: Link;
  readonly #began = performance.now();
  #unanswered = 0;

  constructor(header: CallHeader, cancel: Cancel, local: Local | undefined, host: Link, strict: boolean) {
    this.header = header;
    this.cancel = cancel;
    this.local = local;
    this.strict = strict;
    this.#host = host;
  }

  /** Asks the host for something. */
  ask(name: string, input: unknown, cancel?: Cancel): Promise<unknown> {
    const answer = this.#host.call('ask', { cap: this.header.cap, name, input }, cancel);
    return this.strict ? this.track(answer) : answer;
  }

  /** Tells the host something that needs no answer; it arrives in order and before the call's result. */
  tell(name: string, input: unknown): void {
    this.#host.call('ask', { cap: this.header.cap, name, input }).catch(() => undefined);
  }

  /** Counts work that has to be done before the call returns. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#unanswered++;
    return work.finally(() => void this.#unanswered--);
  }

  /** @throws PodliftError `not_awaited` when something asked for is still open. */
  assertAnswered(what: string): void {
    if (this.#unanswered === 0) return;
    const open = this.#unanswered === 1 ? '1 of its requests' : `${this.#unanswered} of its requests`;
    throw new PodliftError('not_awaited', `${what} ended while ${open} to the host were still open; await them`);
  }

  now(): Date {
    const { now, frozenClock } = this.header;
    return new Date(frozenClock ? now : now + (performance.now() - this.#began));
  }
}
