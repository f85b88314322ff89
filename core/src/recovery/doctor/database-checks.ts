import { declaredBy, findExcess, inspectSchema, type Database, type MigrationOwner } from '../../data/index.ts';
import { failing, ok, warning, type Check } from './finding.ts';

const SLOW_MS = 100;
const SKEW_WARNING_MS = 2000;
const SKEW_FAILING_MS = 30_000;
const LAG_WARNING_S = 60;
const LAG_FAILING_S = 600;

/** Tables of plugins that hold a tenant's rows and are not behind the wall; core's own are checked against their declarations. */
const OPEN_TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname like 'p\\_%'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))`;
const FORCED = `
  select count(*)::int as n from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and (n.nspname = 'core' or n.nspname like 'p\\_%') and c.relforcerowsecurity`;
const PARTITIONED = `select schema_name || '.' || table_name as name, schema_name as schema, table_name as "table" from core.partitioned_table
  where to_regclass(format('%I.%I', schema_name, table_name)) is not null`;
const PARTITIONS = `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass($1)`;
const EVENT_LAG = `
  select count(*)::float8 as waiting, coalesce(extract(epoch from now() - min(e.time)), 0)::float8 as seconds
  from (select tenant_id, event_id from core.event_pending limit 10000) p join core.event e on e.tenant_id = p.tenant_id and e.id = p.event_id`;
const JOB_LAG = `
  select count(*)::float8 as waiting, coalesce(extract(epoch from now() - min(run_at)), 0)::float8 as seconds
  from core.job where state = 'waiting' and run_at < now()`;

/** The database: that it answers, who may do what in it, and that nothing waits too long. */
export const databaseChecks = (database: Database, owners: readonly MigrationOwner[]): Check[] => [
  {
    name: 'database',
    async run() {
      const ms = await database.ping();
      const told = `PostgreSQL ${database.version}${database.embedded ? ', embedded' : ''}, answers in ${ms.toFixed(1)} ms`;
      return ms > SLOW_MS
        ? warning(told, 'Look at the load of the machine and at slow statements; move the database nearer.')
        : ok(told);
    },
  },
  {
    name: 'roles',
    async run() {
      const client = await database.pool('owner').connect();
      try {
        const excess = await findExcess(client);
        return excess.length === 0
          ? ok('no role has more rights than it should')
          : failing(
              excess.join('; '),
              'Take them away (alter role …, alter … owner to podlift_owner); production does not start with them.',
            );
      } finally {
        client.release();
      }
    },
  },
  {
    name: 'row-level security',
    async run() {
      const problems: string[] = [];
      for (const owner of owners)
        await database
          .owner((tx) =>
            inspectSchema(tx, {
              schema: owner.schema,
              access: owner.access ?? 'tenants',
              role: owner.role ?? 'podlift_runtime',
              declared: declaredBy(owner.migrations, owner.tables),
            }),
          )
          .catch((error: Error) => problems.push(error.message));
      const [open, forced] = await database.owner(
        async (tx) =>
          [await tx.query<{ name: string }>(OPEN_TABLES), (await tx.query<{ n: number }>(FORCED))[0]?.n ?? 0] as const,
      );
      problems.push(...open.map(({ name }) => `${name} holds rows of tenants and no policy stands before them`));
      return problems.length === 0
        ? ok(`forced on all ${forced} tables of tenants`)
        : failing(
            problems.join('; '),
            'Restore the policies with a migration of the owner, and look at the audit for who changed them.',
          );
    },
  },
  {
    name: 'partitions',
    async run() {
      const now = new Date();
      const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
      const suffixes = [now, next].map(
        (at) => `y${at.getUTCFullYear()}m${String(at.getUTCMonth() + 1).padStart(2, '0')}`,
      );
      return database.owner(async (tx) => {
        const missing: string[] = [];
        const tables = await tx.query<{ name: string; table: string }>(PARTITIONED);
        for (const { name, table } of tables) {
          const there = new Set((await tx.query<{ name: string }>(PARTITIONS, [name])).map((one) => one.name));
          missing.push(
            ...suffixes.filter((suffix) => !there.has(`${table}_${suffix}`)).map((suffix) => `${name} ${suffix}`),
          );
        }
        return missing.length === 0
          ? ok(`${tables.length} partitioned tables have this month and the next`)
          : failing(`missing: ${missing.join(', ')}`, 'Run a worker, which makes them daily, or restart Podlift.');
      });
    },
  },
  {
    name: 'clock',
    async run() {
      const before = Date.now();
      const [row] = await database.query<{ at: Date }>('select clock_timestamp() as at');
      const skew = (row?.at.getTime() ?? Number.NaN) - (before + Date.now()) / 2;
      const told = `the clocks of this machine and of the database differ by ${Math.abs(Math.round(skew))} ms`;
      const fix = 'Let both machines follow a time server (chrony, systemd-timesyncd).';
      if (!(Math.abs(skew) < SKEW_FAILING_MS)) return failing(told, fix);
      return Math.abs(skew) > SKEW_WARNING_MS ? warning(told, fix) : ok(told);
    },
  },
  lagCheck(database, 'events', EVENT_LAG, 'events wait for their position'),
  lagCheck(database, 'jobs', JOB_LAG, 'jobs are due and not started'),
];

function lagCheck(database: Database, name: string, sql: string, what: string): Check {
  return {
    name,
    async run() {
      const [row] = await database.system(`doctor: ${name}`, (tx) =>
        tx.query<{ waiting: number; seconds: number }>(sql),
      );
      const { waiting = 0, seconds = 0 } = row ?? {};
      const told = waiting === 0 ? `no ${what}` : `${waiting} ${what}, the oldest for ${Math.round(seconds)} s`;
      const fix = 'See whether a worker runs (`podlift worker` or `podlift start`) and what its log says.';
      if (seconds > LAG_FAILING_S) return failing(told, fix);
      return seconds > LAG_WARNING_S ? warning(told, fix) : ok(told);
    },
  };
}
