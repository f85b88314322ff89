import { open } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem, uptime } from 'node:os';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { describeConfig } from '../../config/index.ts';
import type { Metrics } from '../../telemetry/index.ts';
import { diagnose, type DoctorDeps } from '../doctor/doctor.ts';
import { listNodes } from '../nodes.ts';
import { writeDurably } from '../store/durable.ts';
import { cleanJson, cleanText } from './clean.ts';
import { makeTar, type TarFile } from './tar.ts';

export interface BundleDeps extends DoctorDeps {
  readonly metrics: Pick<Metrics, 'text'>;
  readonly plugins: DoctorDeps['plugins'] & {
    list(): readonly {
      readonly id: string;
      readonly version: string;
      readonly state: string;
      readonly reason?: string | undefined;
    }[];
  };
}

export interface BundleOptions {
  readonly out: string;
  /** Files whose last lines go in. */
  readonly logFiles: readonly string[];
}

const LOG_BYTES = 1024 * 1024;
/** Where logging of statements is on; texts of statements hold placeholders, not values. */
const SLOW = `
  select queryid::text as id, calls::float8 as calls, round(total_exec_time::numeric, 1)::float8 as "totalMs", round(mean_exec_time::numeric, 2)::float8 as "meanMs",
         rows::float8 as rows, left(query, 400) as statement
  from pg_stat_statements order by total_exec_time desc limit 30`;
const TABLES = `
  select schemaname || '.' || relname as table, n_live_tup::float8 as rows, n_dead_tup::float8 as dead, seq_scan::float8 as "seqScans", idx_scan::float8 as "indexScans",
         last_autovacuum as "lastAutovacuum", pg_total_relation_size(relid)::float8 as bytes
  from pg_stat_user_tables order by pg_total_relation_size(relid) desc limit 100`;
const SETTINGS = `select name, setting, unit from pg_settings where source not in ('default', 'override') and name not like '%password%' order by name`;
const ACTIVITY = `
  select usename as role, state, wait_event_type as "waitType", wait_event as wait, count(*)::int as n,
         round(extract(epoch from max(now() - xact_start))::numeric, 1)::float8 as "longestSeconds"
  from pg_stat_activity where backend_type = 'client backend' group by 1, 2, 3, 4 order by n desc`;

/** Collects what helps to find a fault, without secrets and people, into one archive. Returns the names of what is in it. */
export async function writeBundle(deps: BundleDeps, { out, logFiles }: BundleOptions): Promise<string[]> {
  const files: TarFile[] = [];
  const add = async (name: string, make: () => Promise<unknown>): Promise<void> => {
    try {
      files.push({ name, content: cleanJson(await make()) });
    } catch (error) {
      files.push({
        name,
        content: cleanJson({ notAvailable: error instanceof Error ? error.message : String(error) }),
      });
    }
  };
  const ask = (sql: string) => () => deps.database.owner((tx) => tx.query(sql));
  await add('versions.json', async () => ({
    podlift: deps.version,
    node: process.versions.node,
    postgres: deps.database.version,
    embedded: deps.database.embedded,
    system: {
      platform: platform(),
      release: release(),
      arch: arch(),
      cpus: cpus().length,
      memory: totalmem(),
      uptimeSeconds: uptime(),
    },
    nodes: (await listNodes(deps.database)).map(({ pid, role, version, plugins, startedAt, seenAt }) => ({
      pid,
      role,
      version,
      plugins,
      startedAt,
      seenAt,
    })),
  }));
  await add('config.json', async () =>
    describeConfig(deps.config).map(({ variable, value, source }) => ({ variable, value, source })),
  );
  await add('doctor.json', () => diagnose(deps));
  await add('health.json', () => deps.health.report());
  await add('plugins.json', async () =>
    deps.plugins.list().map(({ id, version, state, reason }) => ({ id, version, state, reason })),
  );
  await add('backups.json', () => deps.recovery.status());
  await add(
    'migrations.json',
    ask('select owner, name, applied_at from core.migration order by applied_at, owner, name'),
  );
  await add('tables.json', ask(TABLES));
  await add('activity.json', ask(ACTIVITY));
  await add('database-settings.json', ask(SETTINGS));
  await add('slow-statements.json', ask(SLOW));
  files.push({ name: 'metrics.txt', content: cleanText(await deps.metrics.text()) });
  for (const [index, file] of logFiles.entries())
    files.push({ name: `log-${index + 1}.txt`, content: await lastLines(file) });
  const archive = await promisify(gzip)(makeTar(files, new Date()));
  await writeDurably(out, archive);
  return files.map(({ name }) => name);
}

async function lastLines(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const tail = Buffer.alloc(Math.min(size, LOG_BYTES));
      const { bytesRead } = await handle.read(tail, 0, tail.length, size - tail.length);
      const text = tail.subarray(0, bytesRead).toString('utf8');
      // The first line is cut.
      return cleanText(size > LOG_BYTES ? text.slice(text.indexOf('\n') + 1) : text);
    } finally {
      await handle.close();
    }
  } catch (error) {
    return cleanText(`not available: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
