import type { Text } from './text.ts';

interface FlagBasics {
  readonly description: Text;
  /** Who may decide for one tenant: the operator alone, unless it says `tenant`. */
  readonly override?: 'operator' | 'tenant';
}

/** A switch that is on or off. */
export interface BooleanFlag extends FlagBasics {
  readonly type: 'boolean';
  /** Off when absent. */
  readonly default?: boolean;
}

/** A switch with more than two positions. */
export interface VariantsFlag extends FlagBasics {
  readonly type: 'variants';
  readonly variants: readonly [string, ...string[]];
  /** One of them. */
  readonly default: string;
}

/**
 * Something that operators turn without a release: for a plan, a country, a share of tenants, for a while.
 * @example
 * flags: { newModel: { type: 'boolean', description: 'Use the second generation of the model.' } }
 */
export type Flag = BooleanFlag | VariantsFlag;

type Named<F, T extends Flag['type']> = {
  [K in keyof F]: F[K] extends { readonly type: T } ? K : never;
}[keyof F] &
  string;

/** The flags of the manifest, as they are for the tenant and actor of this call. They stay the same until the call ends. */
export interface FlagReader<F> {
  enabled(name: Named<F, 'boolean'>): boolean;
  variant<N extends Named<F, 'variants'>>(
    name: N,
  ): F[N & keyof F] extends { readonly variants: readonly (infer V)[] } ? V : never;
}
