import type { z } from 'zod';

/** A value or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** One call of a contract: one input and one output, each parsed by the side that receives it. */
export interface Method<
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  Optional extends boolean = boolean,
> {
  readonly input: I;
  readonly output: O;
  readonly optional: Optional;
  /** How long one call may take, in milliseconds. Without it, the provider's own limit holds. */
  readonly timeoutMs?: number;
}

/** The methods of a contract by name. */
export type Methods = Readonly<Record<string, Method>>;

/**
 * Declares one call of a contract. A method added to a published contract must be `optional`.
 * @example const credit = method(z.object({ ages: f64() }), z.object({ credit: f64() }), { timeoutMs: 60_000 });
 */
export function method<I extends z.ZodType, O extends z.ZodType, const Optional extends boolean = false>(
  input: I,
  output: O,
  options: { readonly timeoutMs?: number; readonly optional?: Optional } = {},
): Method<I, O, Optional> {
  const { timeoutMs } = options;
  // Absent means false, which is what the type parameter defaults to.
  const optional = (options.optional ?? false) as Optional;
  return { input, output, optional, ...(timeoutMs !== undefined && { timeoutMs }) };
}

type RequiredKeys<M extends Methods> = { [K in keyof M]: M[K]['optional'] extends true ? never : K }[keyof M];
type SplitOptional<All, K extends keyof All> = { readonly [P in K]: All[P] } & {
  readonly [P in Exclude<keyof All, K>]?: All[P];
};

/** What a caller may say about one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A contract as its caller sees it; optional methods may be absent. */
export type Client<M extends Methods> = SplitOptional<
  { [K in keyof M]: (input: z.input<M[K]['input']>, options?: CallOptions) => Promise<z.output<M[K]['output']>> },
  RequiredKeys<M>
>;

/** A contract as its provider writes it; `X` is the provider's context. */
export type Implementation<M extends Methods, X> = SplitOptional<
  { [K in keyof M]: (input: z.output<M[K]['input']>, ctx: X) => Awaitable<z.input<M[K]['output']>> },
  RequiredKeys<M>
>;
