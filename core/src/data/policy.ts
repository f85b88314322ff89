import { ident } from './names.ts';

/** The setting that holds a transaction's tenant; written by `core.use_tenant` only. */
export const TENANT_SETTING = 'podlift.tenant_id';

/**
 * The wall: the one text of the tenant policy. Bare `current_setting`, without a sub-select, so that Citus takes it; as every statement
 * also says `tenant_id = $1`, PostgreSQL checks it once per statement and not once per row.
 */
export const TENANT_POLICY = `tenant_id = (current_setting('${TENANT_SETTING}'::text))::uuid`;

/** On in the transaction of a migration only. */
export const MIGRATING_SETTING = 'podlift.migrating';

/** Under FORCE the owner sees no rows; a migration has to, to fill a column or to prove a new foreign key against what is there. */
export const MIGRATING_POLICY = `(current_setting('${MIGRATING_SETTING}'::text, true) = 'on'::text)`;

/** Lets the owner work on all rows until the transaction ends. The tenant is nobody's: the tenant policy is read before ours. */
export const BEGIN_MIGRATING = `select set_config('${MIGRATING_SETTING}', 'on', true), core.use_tenant('00000000-0000-0000-0000-000000000000')`;

/** Names of the policies; the inspection knows no others. */
export const POLICY_NAMES = {
  tenant: 'tenant_isolation',
  system: 'system_access',
  owner: 'owner_migrates',
  /** For the owner, as whom a definer function reads: no process of the host signs in as it to serve a request. */
  definerReads: 'definer_reads',
  ingestWrite: 'ingest_write',
  ingestRead: 'ingest_read',
} as const;

/** Forces row-level security on a table and makes its policies; `table` is quoted already. */
export const tenantPolicies = (table: string): string[] => [
  `alter table ${table} enable row level security`,
  `alter table ${table} force row level security`,
  `create policy ${POLICY_NAMES.tenant} on ${table} using (${TENANT_POLICY}) with check (${TENANT_POLICY})`,
  `create policy ${POLICY_NAMES.system} on ${table} to podlift_system using (true) with check (true)`,
  `create policy ${POLICY_NAMES.owner} on ${table} to podlift_owner using ${MIGRATING_POLICY} with check ${MIGRATING_POLICY}`,
];

/** Lets the writer role of an ingest function insert rows of any tenant, and read back nothing but what `returning` needs. */
export const ingestPolicies = (table: string, writer: string, reads: boolean): string[] => [
  `create policy ${ident(policyFor(POLICY_NAMES.ingestWrite, writer))} on ${table} for insert to ${ident(writer)} with check (true)`,
  ...(reads
    ? [
        `create policy ${ident(policyFor(POLICY_NAMES.ingestRead, writer))} on ${table} for select to ${ident(writer)} using (true)`,
      ]
    : []),
];

const policyFor = (name: string, writer: string): string => `${name}_${writer}`.slice(0, 63);
