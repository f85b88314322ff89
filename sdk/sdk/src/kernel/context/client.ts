import { PodliftError } from '../../errors.ts';
import type { CallOptions, Method, Methods } from '../../method.ts';
import type { Call } from '../call.ts';
import { Cancel } from '../cancel.ts';
import { freezeDeep } from '../strict.ts';

type ClientMethod = (input: unknown, options?: CallOptions) => Promise<unknown>;

/** A contract as the caller uses it: asks the host to route, and parses the answer with the caller's own copy of the contract. */
export function createClient(
  call: Call,
  methods: Methods,
  targetOf: (method: string) => string,
  provider: string,
): Record<string, ClientMethod> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [name, createMethod(call, method, targetOf(name), provider)]),
  );
}

function createMethod(call: Call, { output }: Method, target: string, provider: string): ClientMethod {
  return async (input, options) => {
    const result = await call.ask('call', { target, input }, Cancel.from(options?.signal));
    const checked = output.safeParse(result);
    if (!checked.success) throw PodliftError.violated(provider, target, checked.error);
    return call.strict ? freezeDeep(checked.data) : checked.data;
  };
}
