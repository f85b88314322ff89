import type { z } from 'zod';
import type { Awaitable } from './method.ts';

/** What a computation may use up. */
export interface ComputationOptions {
  /** How long it may take, in milliseconds; ten minutes when absent, and never longer than the call that asks for it. */
  readonly timeoutMs?: number;
  /** Memory for objects, in MiB; 512 when absent. Columns are not counted. */
  readonly memoryMb?: number;
}

/** A heavy, pure function that runs beside the host's own work, in a thread of its own. */
export interface Computation<
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> extends ComputationOptions {
  readonly kind: 'computation';
  /** Unique in the plugin. */
  readonly name: string;
  readonly input: I;
  readonly output: O;
}

/**
 * Declares a computation. Its code is the default export of a module of its own, which `declare.computation` names.
 * @example const credits = computation('credits', z.object({ ages: f64() }), z.object({ credit: f64() }));
 */
export const computation = <I extends z.ZodType, O extends z.ZodType>(
  name: string,
  input: I,
  output: O,
  options: ComputationOptions = {},
): Computation<I, O> => ({ kind: 'computation', name, input, output, ...options });

/** What the code of a computation is given beside its input. */
export interface ComputationRun {
  /** Shown to people when a job asked for the computation. */
  progress(done: number, total: number): void;
}

/**
 * The type of a computation's code, for its module to be checked against:
 * @example export default ((input) => ({ credit: new Float64Array(input.ages.length) })) satisfies Compute<typeof credits>;
 */
export type Compute<C extends Computation> = (
  input: z.output<C['input']>,
  run: ComputationRun,
) => Awaitable<z.input<C['output']>>;

/** How one computation is asked for. */
export interface ComputeOptions {
  /** Gives the columns of the input away instead of copying them: they are empty afterwards. */
  readonly transfer?: boolean;
}
