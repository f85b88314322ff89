/** @module Own tables through SQL and MikroORM, for trusted plugins with `data:sql`. Inline only. */
export { migration, type SchemaBuilder } from './migration.ts';
export {
  count,
  rollup,
  sum,
  type DimensionType,
  type Measure,
  type Pending,
  type Rollup,
  type RollupDifference,
  type RollupOptions,
  type RollupQuery,
  type RollupRow,
  type RollupTime,
  type Span,
} from './rollup/index.ts';
export { tenantEntity, type ReadableEntity, type TenantEntityOptions } from './tenant-entity.ts';
export type {
  ForeignKey,
  Index,
  IngestFunction,
  Migration,
  MigrationOperation,
  Table,
  ViewOperation,
} from '../migration.ts';
