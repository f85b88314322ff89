import { ident } from './names.ts';

/** The setting that holds a transaction's tenant; written by `core.use_tenant` only. */
export const TENANT_SETTING = 'podlift.tenant_id';

/**
 * The wall: the one text of the tenant policy. Bare `current_setting`, without a sub-select, so that Citus takes it; as every statement
 * also says `tenant_id = $1`, PostgreSQL checks it once per statement and not once per row.
 */
export const TENANT_POLICY = `tenant_id = (current_setting('${TENANT_SETTING}'::text))::uuid`;

/** Names of the policies; the inspection knows no others. */
export const POLICY_NAMES = {
  tenant: 'tenant_isolation',
  system: 'system_access',
  ingestWrite: 'ingest_write',
  ingestRead: 'ingest_read',
} as const;

/** Forces row-level security on a table and makes its two policies; `table` is quoted already. */
export const tenantPolicies = (table: string): string[] => [
  `alter table ${table} enable row level security`,
  `alter table ${table} force row level security`,
  `create policy ${POLICY_NAMES.tenant} on ${table} using (${TENANT_POLICY}) with check (${TENANT_POLICY})`,
  `create policy ${POLICY_NAMES.system} on ${table} to podlift_system using (true) with check (true)`,
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
