/** Everything that can go wrong in the data room, by name. */
export type DataErrorCode =
  | 'database_unreachable'
  | 'database_setup'
  | 'database_roles'
  | 'master_key_unknown'
  | 'embedded_unsupported'
  | 'embedded_failed'
  | 'identifier_invalid'
  | 'tenant_invalid'
  | 'text_unstorable'
  | 'transaction_aborted'
  | 'transaction_done'
  | 'entities_missing'
  | 'statements_not_measured'
  | 'migration_changed'
  | 'migration_failed'
  | 'migration_refused'
  | 'partition_too_old'
  | 'partition_too_new'
  | 'ingest_full'
  | 'ingest_closed'
  | 'ingest_invalid';

/** Sending the same again later may help. */
const PASSES: ReadonlySet<DataErrorCode> = new Set(['ingest_full', 'ingest_closed']);

/** A failure of the data room; its message is a sentence that names who, what and why. */
export class DataError extends Error {
  readonly code: DataErrorCode;
  /** How a caller should take it; without one it is a fault of ours. */
  readonly kind?: 'unavailable';

  constructor(code: DataErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataError';
    this.code = code;
    if (PASSES.has(code)) this.kind = 'unavailable';
  }

  static identifier = (name: string): DataError =>
    new DataError(
      'identifier_invalid',
      `"${name}" cannot name something in the database; use a-z, 0-9 and _, at most 63.`,
    );

  static tenant = (id: unknown): DataError =>
    new DataError('tenant_invalid', `"${String(id)}" is not the id of a tenant (a UUID).`);

  /** The ORM writes values into its statements; PostgreSQL would end the statement there and speak of a broken message. */
  static zeroByte = (): DataError => new DataError('text_unstorable', 'A text with a zero byte cannot be stored.');

  static masterKeyUnknown = (active: string, known: readonly string[]): DataError =>
    new DataError(
      'master_key_unknown',
      `This installation is sealed with the master key named ${active}, and this node was given ${known.join(' and ')}. Set the earlier key too (PODLIFT_MASTER_KEYS_OLD), then run \`podlift secrets rotate\`; \`podlift secrets verify\` tells names of keys.`,
    );

  static passwordUnknown = (role: string): DataError =>
    new DataError(
      'master_key_unknown',
      `The password of the database role ${role} comes from none of the master keys that this node was given. Set the earlier key in PODLIFT_MASTER_KEYS_OLD.`,
    );

  static notMeasured = (): DataError =>
    new DataError(
      'statements_not_measured',
      'The database server does not measure statements. Have its administrator add pg_stat_statements to shared_preload_libraries, restart it, and run `podlift migrate` with an administrator in PODLIFT_DATABASE_URL.',
    );

  static done = (what: string): DataError =>
    new DataError('transaction_done', `The transaction of this call has ended; it cannot ${what} any more.`);

  static aborted = (): DataError =>
    new DataError(
      'transaction_aborted',
      'Nothing was committed: a statement of this transaction failed before, and its error was not passed on.',
    );

  static noEntities = (): DataError =>
    new DataError('entities_missing', "This transaction has no entity manager; only a tenant's transaction has one.");
}
