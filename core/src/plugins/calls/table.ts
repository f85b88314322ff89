import { PodliftError, type Actor, type OutputTable } from '@podlift/sdk';
import { Cancel } from '@podlift/sdk/kernel';
import type { TenantFacts } from '../tenants/facts.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** Who hears what a call says while it runs. */
export interface Listeners {
  readonly progress?: (done: number, total: number) => void;
  readonly io?: (message: CommandOutput) => void;
}

/** What a command shows. */
export type CommandOutput =
  | { readonly kind: 'progress'; readonly label: string; readonly done: number; readonly total: number }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'table'; readonly table: OutputTable };

/** One call into one plugin, as the host knows it. The plugin holds nothing of it but `cap`. */
export interface Call {
  readonly cap: number;
  readonly tenant: string;
  readonly actor: Actor;
  /** What the actor is in the tenant, when it came by a request. */
  readonly role: string | undefined;
  readonly trace: string;
  readonly facts: TenantFacts;
  /** Aborts the call. */
  readonly cancel: Cancel;
  /** Aborts what the call still asks for when it ends. */
  readonly asks: Cancel;
  readonly deadline: number;
  /** How many plugins called each other before this one. */
  readonly depth: number;
  /** Where a job's progress or a command's output goes. */
  readonly listen: Listeners | undefined;
  /** Replaced when an answer goes on as a stream after its call was committed. */
  unit: UnitOfWork;
}

/**
 * The open calls of one running plugin. A `cap` counts up and is looked up only in the table of the very instance that sent it, so
 * that another plugin's call cannot be named and an ended one is never found again.
 */
export interface CallTable {
  open(facts: Omit<Call, 'cap' | 'asks'>): Call;
  /** @throws PodliftError `call_ended` for a call that has ended, has not begun or is another plugin's. */
  get(cap: unknown): Call;
  close(call: Call): void;
  readonly size: number;
}

/** Makes the table of one instance of a plugin. */
export function createCallTable(plugin: string): CallTable {
  const open = new Map<number, Call>();
  let last = 0;
  return {
    get size() {
      return open.size;
    },
    open({ tenant, actor, role, trace, facts, cancel, deadline, depth, listen, unit }) {
      const asks = new Cancel();
      const call: Call = {
        cap: ++last,
        tenant,
        actor,
        role,
        trace,
        facts,
        cancel,
        asks,
        deadline,
        depth,
        listen,
        unit,
      };
      open.set(call.cap, call);
      return call;
    },
    get(cap) {
      const call = typeof cap === 'number' ? open.get(cap) : undefined;
      if (!call) throw PodliftError.callEnded(`a context of ${plugin}`);
      return call;
    },
    close(call) {
      open.delete(call.cap);
      call.asks.abort(ENDED);
    },
  };
}

/** One for all: making an error for each call that ends would cost more than the call. */
const ENDED = PodliftError.callEnded('a context');
