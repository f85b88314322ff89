import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { SettingsError } from './errors.ts';
import { parseSettings, readSettings, toShape, type SettingsSchema, type SettingsShape } from './schema.ts';

/** Settings of one owner in one tenant, with their defaults filled in. Version 0 means that nothing was ever saved. */
export interface SettingsValue {
  readonly value: Readonly<Record<string, unknown>>;
  readonly version: number;
}

export interface SettingsChange extends SettingsValue {
  readonly changedAt: Date;
  readonly changedBy: string;
}

/** What happens in the transaction of a change: the composition root appends the event and the audit row. */
export type OnSettingsChange = (
  tx: Tx,
  change: { readonly tenant: string; readonly owner: string; readonly version: number; readonly by: string },
) => Promise<void>;

/** Settings of tenants, each owner's (core's or a plugin's) under its own schema. */
export interface Settings {
  /** Says what an owner's settings may be; asked for before get and set. */
  register(owner: string, schema: SettingsSchema): void;
  unregister(owner: string): void;
  get(tenant: string, owner: string): Promise<SettingsValue>;
  /** Saves all settings of an owner. With `expected`, only if that version is still the newest. */
  set(tenant: string, owner: string, value: unknown, options: SaveOptions): Promise<SettingsValue>;
  /** Saves what an earlier version said as a new one. What it said must still be allowed. */
  restore(tenant: string, owner: string, version: number, options: SaveOptions): Promise<SettingsValue>;
  /** What was saved before, newest first; with `before`, versions older than that. */
  history(tenant: string, owner: string, limit?: number, before?: number): Promise<SettingsChange[]>;
}

/** Who saves, what they saw, and what else happens in the same transaction: a row in the audit. */
export interface SaveOptions {
  readonly by: string;
  readonly expected?: number;
  readonly within?: (tx: Tx, saved: SettingsValue) => Promise<unknown>;
}

type Stored = { value: Record<string, unknown>; version: number };

const GET = 'select value, version from core.setting where tenant_id = $1 and owner = $2';
const FIRST = `insert into core.setting (tenant_id, owner, value, version, updated_at, updated_by)
  values ($1, $2, $3, 1, $4, $5) on conflict (tenant_id, owner) do nothing returning version`;
const NEXT = `update core.setting set value = $3, version = version + 1, updated_at = $4, updated_by = $5
  where tenant_id = $1 and owner = $2 and version = $6 returning version`;
const KEEP = `insert into core.setting_history (tenant_id, owner, version, value, changed_at, changed_by)
  values ($1, $2, $3, $4, $5, $6)`;
const HISTORY = `select version, value, changed_at as "changedAt", changed_by as "changedBy"
  from core.setting_history where tenant_id = $1 and owner = $2 and version < $4 order by version desc limit $3`;
const ONE = 'select value from core.setting_history where tenant_id = $1 and owner = $2 and version = $3';
const NEWEST = 2_147_483_647;

export interface SettingsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly onChange?: OnSettingsChange;
}

export function createSettings({ database, clock, onChange }: SettingsDeps): Settings {
  const schemas = new Map<string, SettingsShape>();
  const schemaOf = (owner: string): SettingsShape => {
    const schema = schemas.get(owner);
    if (!schema) throw SettingsError.unknownOwner(owner);
    return schema;
  };
  const read = async (tx: Tx, tenant: string, owner: string, lock = ''): Promise<Stored | undefined> =>
    (await tx.query<Stored>(GET + lock, [tenant, owner]))[0];

  const save = async (
    tx: Tx,
    tenant: string,
    owner: string,
    checked: Record<string, unknown>,
    { by, expected, within }: SaveOptions,
  ): Promise<SettingsValue> => {
    const seen = (await read(tx, tenant, owner, ' for update'))?.version ?? 0;
    if (expected !== undefined && expected !== seen) throw SettingsError.changed(owner, expected, seen);
    const at = new Date(clock.now());
    const values = [tenant, owner, JSON.stringify(checked), at, by];
    const [row] = await (seen === 0
      ? tx.query<{ version: number }>(FIRST, values)
      : tx.query<{ version: number }>(NEXT, [...values, seen]));
    // Two who both save for the first time: one of them inserts, the other finds a row that was not there.
    if (!row) throw SettingsError.changed(owner, seen, seen + 1);
    await tx.execute(KEEP, [tenant, owner, row.version, JSON.stringify(checked), at, by]);
    await onChange?.(tx, { tenant, owner, version: row.version, by });
    const saved = { value: checked, version: row.version };
    await within?.(tx, saved);
    return saved;
  };

  return {
    register: (owner, schema) => void schemas.set(owner, toShape(schema)),
    unregister: (owner) => void schemas.delete(owner),
    async get(tenant, owner) {
      const schema = schemaOf(owner);
      const row = await database.withTenant({ tenant, readOnly: true }, (tx) => read(tx, tenant, owner));
      return { value: readSettings(owner, schema, row?.value ?? {}), version: row?.version ?? 0 };
    },
    async set(tenant, owner, value, options) {
      const checked = parseSettings(owner, schemaOf(owner), value);
      return database.withTenant({ tenant }, (tx) => save(tx, tenant, owner, checked, options));
    },
    async restore(tenant, owner, version, options) {
      const schema = schemaOf(owner);
      return database.withTenant({ tenant }, async (tx) => {
        const [row] = await tx.query<{ value: unknown }>(ONE, [tenant, owner, version]);
        if (!row) throw SettingsError.versionUnknown(owner, version);
        return save(tx, tenant, owner, parseSettings(owner, schema, row.value), options);
      });
    },
    async history(tenant, owner, limit = 50, before = NEWEST) {
      schemaOf(owner);
      return database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<SettingsChange>(HISTORY, [tenant, owner, limit, before]),
      );
    },
  };
}
