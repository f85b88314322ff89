/** PostgreSQL: the one way in. Tenants' transactions, roles, migrations, partitions and grouped ingest. @module */
export { isAway, isDiskFull, isUnstorable } from './connection.ts';
export { openDatabase, type Database, type DatabaseOptions } from './database.ts';
export { startEmbedded, type EmbeddedOptions, type EmbeddedServer } from './embedded/index.ts';
export {
  accessOf,
  adoptCluster,
  broughtVersion,
  clusterOf,
  giveToServer,
  inspectCluster,
  startAside,
  stopCluster,
  type AsideServer,
  type ClusterFacts,
} from './embedded/aside.ts';
export { serverAccount, type Account } from './embedded/account.ts';
export { birthOf, isAlive, underLock } from './embedded/lock.ts';
export { connectClient, shownUrl } from './connection.ts';
export { DataError, type DataErrorCode } from './errors.ts';
export type { PasswordKeys } from './exchange.ts';
export { createIngester, type Ingester, type IngesterOptions } from './ingest/index.ts';
export type { LazyTransaction } from './lazy.ts';
export { POLICY_NAMES } from './policy.ts';
export {
  forgetStatements,
  readStatements,
  STATEMENT_ORDERS,
  type StatementCost,
  type StatementOrder,
} from './statistics.ts';
export type { PoolName } from './roles.ts';
export type { Queryable, Row, TenantScope, Tx } from './transaction.ts';
export { writerRole } from './migrations/render.ts';
export { migrations } from './migrations/core/index.ts';
export { migrate, migrateOwner, type MigrationOwner, type MigrationResult } from './migrations/migrate.ts';
export { declaredBy, type DeclaredTable } from './migrations/declared.ts';
export type {
  AnyMigration,
  ColumnPrivacy,
  CoreMigration,
  ForeignKey,
  Index,
  IngestFunction,
  Migration,
  MigrationOperation,
  Privacy,
  SchemaBuilder,
  Table,
  ViewOperation,
} from './migrations/operations.ts';
export { createPartitionKeeper, maintainPartitions, type PartitionKeeper, type PartitionWork } from './partitions.ts';
export { inspectSchema } from './migrations/inspect.ts';
export { findExcess } from './roles.ts';
