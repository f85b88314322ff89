import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { type Dimension, type Run, RunModel, type RunRow, Run as RunSchema, type Validation } from './contract.ts';
import type { Ctx } from './manifest.ts';
import type { Path } from './paths.ts';
import type { Model } from './question.ts';

const INSERT_RUN = `insert into attribution_runs
  (tenant_id, id, created_at, range_from, range_to, dimension, window_days, currency, input_hash, totals, models)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb)`;
const INSERT_MODELS = `insert into attribution_models
  (tenant_id, model, plugin, version, label, description, formula, source, unit_sum, deterministic, first_used_at)
  select $1, m.id, m.plugin, m.version, m.label, m.description, m.formula, m.source, m."unitSum", m.deterministic, $3
  from jsonb_to_recordset($2::jsonb) as m(id text, plugin text, version text, label text, description text, formula text,
    source text, "unitSum" boolean, deterministic boolean)
  on conflict do nothing`;
const INSERT_RESULTS = `insert into attribution_results (tenant_id, run_id, place, key, label, conversions, value_micros)
  select $1, $2, r.place, r.key, r.label, r.conversions, r.value_micros from jsonb_to_recordset($3::jsonb)
  as r(place integer, key uuid, label text, conversions double precision[], value_micros bigint[])`;
const INSERT_PATHS = `insert into attribution_paths (tenant_id, run_id, key, place, path, conversions, value_micros, touches)
  select $1, $2, p.key, p.place, p.path, p.conversions, p.value_micros, p.touches from jsonb_to_recordset($3::jsonb)
  as p(key uuid, place integer, path uuid[], conversions integer, value_micros bigint, touches double precision)`;
const INSERT_VALIDATIONS = `insert into attribution_validations
  (tenant_id, run_id, model, against, share_error, rank_correlation, over_credit, created_at)
  select $1, $2, v.model, v.against, v."shareError", v."rankCorrelation", v."overCredit", $4
  from jsonb_to_recordset($3::jsonb) as v(model text, against text, "shareError" double precision,
    "rankCorrelation" double precision, "overCredit" double precision)
  on conflict do nothing`;

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one));

/** Keeps a run, the models that made it and the top paths of each key; nothing of it is changed later. */
export async function storeRun(
  { db, tenant }: Pick<Ctx, 'db' | 'tenant'>,
  run: Run,
  chosen: readonly Model[],
  paths: ReadonlyMap<number, readonly Path[]>,
  keys: readonly string[],
): Promise<void> {
  const { id, createdAt, from, to, dimension, windowDays, currency, inputHash, totals } = run;
  const about = [tenant, id, createdAt, from, to, dimension, windowDays, currency, inputHash];
  await db.query(INSERT_RUN, [...about, toJson(totals), toJson(run.models)]);
  await db.query(INSERT_MODELS, [tenant, toJson(chosen), createdAt]);
  const results = run.rows.map(({ key, label, conversions, valueMicros }, place) => ({
    place,
    key,
    label,
    conversions,
    value_micros: valueMicros,
  }));
  await db.query(INSERT_RESULTS, [tenant, id, toJson(results)]);
  const ways = [...paths].flatMap(([channel, list]) =>
    list.map(({ channels, conversions, value, touches }, place) => ({
      key: keys[channel],
      place,
      path: channels.map((one) => keys[one]),
      conversions,
      value_micros: BigInt(Math.round(value * 1e6)),
      touches,
    })),
  );
  await db.query(INSERT_PATHS, [tenant, id, toJson(ways)]);
}

interface RunRecord {
  readonly id: string;
  readonly created_at: Date;
  readonly range_from: Date;
  readonly range_to: Date;
  readonly dimension: string;
  readonly window_days: number;
  readonly currency: string | null;
  readonly input_hash: string;
  readonly totals: object;
  readonly models: object;
}
const RUN = `select id, created_at, range_from, range_to, dimension, window_days, currency, input_hash, totals, models
  from attribution_runs where tenant_id = $1`;

const micros = z.coerce.bigint();
const StoredTotals = RunSchema.shape.totals.extend({ valueMicros: micros });
const StoredModels = z.array(RunModel.extend({ valueMicros: micros }));

/** A run without its rows. */
export type RunHead = Omit<Run, 'rows'>;

const toHead = (row: RunRecord): RunHead => ({
  id: row.id,
  createdAt: row.created_at,
  from: row.range_from,
  to: row.range_to,
  dimension: RunSchema.shape.dimension.parse(row.dimension),
  windowDays: row.window_days,
  currency: row.currency,
  inputHash: row.input_hash,
  totals: StoredTotals.parse(row.totals),
  models: StoredModels.parse(row.models),
});

/** One run with its rows. */
export async function readRun(ctx: Pick<Ctx, 'db' | 'tenant'>, id: string): Promise<Run> {
  const [row] = await ctx.db.query<RunRecord>(`${RUN} and id = $2`, [ctx.tenant, id]);
  if (!row) throw PodliftError.notFound(`attribution run ${id}`);
  return { ...toHead(row), rows: await readRows(ctx, id) };
}

interface ResultRecord {
  readonly key: string;
  readonly label: string;
  readonly conversions: (number | null)[];
  readonly value_micros: (string | null)[];
}

async function readRows({ db, tenant }: Pick<Ctx, 'db' | 'tenant'>, id: string): Promise<z.output<typeof RunRow>[]> {
  const rows = await db.query<ResultRecord>(
    `select key, label, conversions, value_micros::text[] as value_micros from attribution_results
      where tenant_id = $1 and run_id = $2 order by place`,
    [tenant, id],
  );
  return rows.map(({ key, label, conversions, value_micros: values }) => ({
    key,
    label,
    conversions,
    valueMicros: values.map((value) => (value === null ? null : BigInt(value))),
  }));
}

/** The newest run of a dimension. */
export async function readLatest(ctx: Pick<Ctx, 'db' | 'tenant'>, dimension: Dimension): Promise<Run | null> {
  const [row] = await ctx.db.query<RunRecord>(`${RUN} and dimension = $2 order by id desc limit 1`, [
    ctx.tenant,
    dimension,
  ]);
  return row ? { ...toHead(row), rows: await readRows(ctx, row.id) } : null;
}

/** Runs from the newest on, before the given one. */
export async function listRuns(
  { db, tenant }: Pick<Ctx, 'db' | 'tenant'>,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
): Promise<RunHead[]> {
  const rows = await db.query<RunRecord>(`${RUN} and ($2::uuid is null or id < $2::uuid) order by id desc limit $3`, [
    tenant,
    before ?? null,
    limit,
  ]);
  return rows.map(toHead);
}

/** Keeps how a run's models compare with a known truth; a comparison that is there already stays as it is. */
export async function storeValidations(ctx: Ctx, runId: string, validations: readonly Validation[]): Promise<void> {
  const run = await ctx.db.query(`${RUN} and id = $2`, [ctx.tenant, runId]);
  if (run.length === 0) throw PodliftError.notFound(`attribution run ${runId}`);
  await ctx.db.query(INSERT_VALIDATIONS, [ctx.tenant, runId, toJson(validations), ctx.now()]);
}

/** How the models of a run compared with known truths. */
export async function readValidations(
  { db, tenant }: Pick<Ctx, 'db' | 'tenant'>,
  runId: string,
): Promise<Validation[]> {
  return db.query<Validation>(
    `select model, against, share_error as "shareError", rank_correlation as "rankCorrelation", over_credit as "overCredit"
      from attribution_validations where tenant_id = $1 and run_id = $2 order by against, share_error`,
    [tenant, runId],
  );
}

/** One of a campaign's most frequent paths. */
export interface StoredPath {
  readonly path: readonly string[];
  readonly conversions: number;
  readonly valueMicros: bigint;
  readonly touches: number;
}

/** The most frequent paths through a key, as a run found them. */
export async function readPaths(
  { db, tenant }: Pick<Ctx, 'db' | 'tenant'>,
  runId: string,
  key: string,
  limit: number,
): Promise<StoredPath[]> {
  const rows = await db.query<{ path: string[]; conversions: number; value_micros: string; touches: number }>(
    `select path::text[] as path, conversions, value_micros::text as value_micros, touches from attribution_paths
      where tenant_id = $1 and run_id = $2 and key = $3 order by place limit $4`,
    [tenant, runId, key, limit],
  );
  return rows.map(({ path, conversions, value_micros: value, touches }) => ({
    path,
    conversions,
    touches,
    valueMicros: BigInt(value),
  }));
}
