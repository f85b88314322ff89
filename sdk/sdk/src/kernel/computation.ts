import type { Computation, ComputeOptions } from '../computation.ts';
import { PodliftError } from '../errors.ts';
import type { Call } from './call.ts';
import type { Cancel } from './cancel.ts';
import { parsed } from './parse.ts';
import { carry } from './wire/carry.ts';

/** A computation that a plugin asks for, as the runtime runs it. */
export interface ComputeRequest {
  readonly name: string;
  readonly module: URL;
  /** Plain data and columns that nobody else holds; whole memory may be transferred. */
  readonly input: unknown;
  readonly tenant: string;
  readonly timeoutMs: number | undefined;
  readonly memoryMb: number | undefined;
  readonly cancel: Cancel;
  readonly progress: (done: number, total: number) => void;
}

/** Runs computations beside the plugin: a pool of threads. Each runtime has its own. */
export type RunComputation = (request: ComputeRequest) => Promise<unknown>;

/** What `ctx.compute` does: the host lets the call begin, then the plugin's own runtime computes. */
export async function compute(
  call: Call,
  modules: ReadonlyMap<string, URL>,
  run: RunComputation | undefined,
  { name, input: schema, output, timeoutMs, memoryMb }: Computation,
  given: unknown,
  { transfer = false }: ComputeOptions = {},
): Promise<unknown> {
  const module = modules.get(name);
  if (!module) throw PodliftError.notFound(`computation ${name}; setup did not declare it`);
  if (!run) throw new PodliftError('compute.unavailable', `nobody can compute ${name} here`, { kind: 'unavailable' });
  const input = parsed(schema, given, `the input of the computation ${name}`);
  await call.ask('compute', { name });
  const result = await run({
    name,
    module,
    input: carry(input, { copyColumns: !transfer }),
    tenant: call.header.tenant,
    timeoutMs,
    memoryMb,
    cancel: call.cancel,
    progress: (done, total) => call.tell('progress', { done, total }),
  });
  return parsed(output, result, `the output of the computation ${name}`);
}
