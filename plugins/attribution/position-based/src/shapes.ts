/** What the first touch, all between, and the last touch weigh against each other. */
export interface Weights {
  readonly first: number;
  readonly middle: number;
  readonly last: number;
}

/** The shapes that have a name, in percent. */
export const SHAPES = {
  u: { first: 40, middle: 20, last: 40 },
  j: { first: 20, middle: 20, last: 60 },
  'inverse-j': { first: 60, middle: 20, last: 20 },
} as const satisfies Readonly<Record<string, Weights>>;

/** A named shape, or weights of the tenant's own. */
export const SHAPE_NAMES = ['u', 'j', 'inverse-j', 'custom'] as const;

/** The weights that settings ask for. */
export const weightsOf = ({
  shape,
  weights,
}: {
  readonly shape: (typeof SHAPE_NAMES)[number];
  readonly weights: Weights;
}): Weights => (shape === 'custom' ? weights : SHAPES[shape]);
