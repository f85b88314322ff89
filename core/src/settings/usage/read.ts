import type { Database } from '../../data/index.ts';

/** What of usage to read. */
export interface UsageQuery {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly by: 'hour' | 'day' | 'month';
  /** Where days and months begin; UTC when absent. */
  readonly timeZone?: string;
  readonly meters?: readonly string[];
}

/** How much of a meter in a stretch of time. */
export interface UsageEntry {
  readonly meter: string;
  /** What of it, for meters that are told apart; else empty. */
  readonly of: string;
  readonly at: Date;
  readonly amount: number;
}

export interface TenantUsage extends UsageEntry {
  readonly tenant: string;
}

const AMOUNT = `(case when meter = any($5::text[]) then max(amount) else sum(amount) end)::float8 as amount`;
const AT = `date_trunc($3, hour, $4) as at`;
const WITHIN = `hour >= $1 and hour < $2 and ($6::text[] is null or meter = any($6))`;
const ONE = `select meter, of, ${AT}, ${AMOUNT} from core.usage_hour where tenant_id = $7 and ${WITHIN}
  group by meter, of, 3 order by at, meter, of`;
const PAGE = `select distinct tenant_id from core.usage_hour where ${WITHIN} and tenant_id > $7 order by tenant_id limit $8`;
const ALL = `select tenant_id as tenant, meter, of, ${AT}, ${AMOUNT} from core.usage_hour where ${WITHIN}
  and tenant_id in (${PAGE}) group by tenant_id, meter, of, 4 order by tenant_id, at, meter, of`;
const NOBODY = '00000000-0000-0000-0000-000000000000';
const TENANTS = 100;

type Kinds = ReadonlyMap<string, 'sum' | 'level'>;

const valuesOf = ({ from, to, by, timeZone = 'UTC', meters }: UsageQuery, kinds: Kinds): unknown[] => [
  from,
  to,
  by,
  timeZone,
  [...kinds].flatMap(([name, kind]) => (kind === 'level' ? [name] : [])),
  meters ?? null,
];

export const readTenant = (
  database: Database,
  tenant: string,
  query: UsageQuery,
  kinds: Kinds,
): Promise<UsageEntry[]> =>
  database.withTenant({ tenant, readOnly: true }, (tx) =>
    tx.query<UsageEntry>(ONE, [...valuesOf(query, kinds), tenant]),
  );

export const readTenants = (
  database: Database,
  { after = NOBODY, limit = TENANTS, ...query }: UsageQuery & { readonly after?: string; readonly limit?: number },
  kinds: Kinds,
): Promise<TenantUsage[]> =>
  database.system('read the usage of all tenants', (tx) =>
    tx.query<TenantUsage>(ALL, [...valuesOf(query, kinds), after, limit]),
  );
