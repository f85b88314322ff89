/** Roll-ups: counts and sums of a table that screens read instead of the table. @module */
export { count, sum, type DimensionType, type Measure, type RollupOptions, type RollupTime } from './definition.ts';
export type { RollupQuery } from './read.ts';
export { rollup, type Pending, type Rollup, type RollupDifference, type RollupRow, type Span } from './rollup.ts';
