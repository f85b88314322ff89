import type { Database, Queryable, Tx } from '../../data/index.ts';
import type { FlagConfig, FlagValue } from './definition.ts';
import { FlagError } from './errors.ts';

/** Something that was said about a flag, and which version that was. Version 0 means that nothing ever was. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** One entry of a flag's history. */
export interface FlagChange<T> extends Versioned<T> {
  readonly changedAt: Date;
  readonly changedBy: string;
}

/** Who changes, what they saw, and what else happens in the same transaction. */
export interface FlagSave {
  readonly by: string;
  readonly at: Date;
  readonly expected?: number;
  readonly within?: (tx: Queryable) => Promise<unknown>;
}

const CONFIGS = 'select owner, name, config, version from core.flag';
const CONFIG = 'select config as value, version from core.flag where owner = $1 and name = $2 for update';
const PUT_CONFIG = `insert into core.flag (owner, name, config, version, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6)
  on conflict (owner, name) do update set config = excluded.config, version = excluded.version, updated_at = excluded.updated_at,
  updated_by = excluded.updated_by where core.flag.version = excluded.version - 1`;
const KEEP_CONFIG = `insert into core.flag_history (owner, name, config, version, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6)`;
const CONFIG_HISTORY = `select config as value, version, changed_at as "changedAt", changed_by as "changedBy" from core.flag_history
  where owner = $1 and name = $2 order by version desc limit $3`;

const OVERRIDES = 'select owner, name, value, version from core.flag_override where tenant_id = $1';
const OVERRIDE = `select value, version from core.flag_override where tenant_id = $1 and owner = $2 and name = $3 for update`;
const PUT_OVERRIDE = `insert into core.flag_override (tenant_id, owner, name, value, version, updated_at, updated_by)
  values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, owner, name) do update
  set value = excluded.value, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by
  where core.flag_override.version = excluded.version - 1`;
const KEEP_OVERRIDE = `insert into core.flag_override_history (tenant_id, owner, name, value, version, changed_at, changed_by)
  values ($1, $2, $3, $4, $5, $6, $7)`;
const OVERRIDE_HISTORY = `select value, version, changed_at as "changedAt", changed_by as "changedBy" from core.flag_override_history
  where tenant_id = $1 and owner = $2 and name = $3 order by version desc limit $4`;

export const flagKey = (owner: string, name: string): string => `${owner}/${name}`;

/** Everything that operators said, by `owner/name`. */
export async function readConfigs(database: Database): Promise<ReadonlyMap<string, Versioned<FlagConfig>>> {
  const rows = await database.query<{ owner: string; name: string; config: FlagConfig; version: number }>(
    CONFIGS,
    [],
    'flags_configs',
  );
  return new Map(rows.map(({ owner, name, config, version }) => [flagKey(owner, name), { value: config, version }]));
}

/** Everything that is overridden in a tenant. */
export async function readOverrides(
  database: Database,
  tenant: string,
): Promise<ReadonlyMap<string, Versioned<FlagValue | null>>> {
  const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
    tx.query<{ owner: string; name: string; value: FlagValue | null; version: number }>(
      OVERRIDES,
      [tenant],
      'flags_overrides',
    ),
  );
  return new Map(rows.map(({ owner, name, value, version }) => [flagKey(owner, name), { value, version }]));
}

/** Saves what operators say; returns the new version. */
export const saveConfig = (
  database: Database,
  owner: string,
  name: string,
  config: FlagConfig,
  save: FlagSave,
): Promise<number> =>
  database.system('say what a flag is', async (tx) => {
    const [before] = await tx.query<Versioned<FlagConfig>>(CONFIG, [owner, name]);
    const version = next(`${owner}/${name}`, before?.version ?? 0, save.expected);
    const values = [owner, name, JSON.stringify(config), version, save.at, save.by];
    if ((await tx.execute(PUT_CONFIG, values)) === 0) throw FlagError.changed(`${owner}/${name}`, version - 1, version);
    await tx.execute(KEEP_CONFIG, values);
    await save.within?.(tx);
    return version;
  });

/** Saves a tenant's override, or with null takes it back; returns the new version. */
export async function saveOverride(
  tx: Tx,
  owner: string,
  name: string,
  value: FlagValue | null,
  save: FlagSave,
): Promise<number> {
  const { tenant } = tx;
  const [before] = await tx.query<Versioned<unknown>>(OVERRIDE, [tenant, owner, name]);
  const version = next(`${owner}/${name}`, before?.version ?? 0, save.expected);
  const values = [tenant, owner, name, JSON.stringify(value), version, save.at, save.by];
  if ((await tx.execute(PUT_OVERRIDE, values)) === 0) throw FlagError.changed(`${owner}/${name}`, version - 1, version);
  await tx.execute(KEEP_OVERRIDE, values);
  await save.within?.(tx);
  return version;
}

export const configHistory = (
  database: Database,
  owner: string,
  name: string,
  limit: number,
): Promise<FlagChange<FlagConfig>[]> => database.query<FlagChange<FlagConfig>>(CONFIG_HISTORY, [owner, name, limit]);

export const overrideHistory = (
  database: Database,
  tenant: string,
  owner: string,
  name: string,
  limit: number,
): Promise<FlagChange<FlagValue | null>[]> =>
  database.withTenant({ tenant, readOnly: true }, (tx) =>
    tx.query<FlagChange<FlagValue | null>>(OVERRIDE_HISTORY, [tenant, owner, name, limit]),
  );

function next(flag: string, seen: number, expected: number | undefined): number {
  if (expected !== undefined && expected !== seen) throw FlagError.changed(flag, expected, seen);
  return seen + 1;
}
