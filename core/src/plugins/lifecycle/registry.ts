import type { Database } from '../../data/index.ts';
import type { PluginHostDeps } from '../deps.ts';
import type { PluginStatus, StatusChange } from './status.ts';

/** A row of core.plugin: what all nodes agree on. */
export interface PluginRow {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  readonly state: string;
  readonly reason: string | null;
  /** An operator's wish. */
  readonly wanted: 'on' | 'off';
  /** It took a process down, and is not loaded until somebody retries. */
  readonly held: boolean;
  /** Grows with every wish; other nodes follow. */
  readonly revision: number;
}

const COLUMNS = 'id, version, digest, state, reason, wanted, held, revision::float8 as revision';
const READ = `select ${COLUMNS} from core.plugin`;
const SAVE = `insert into core.plugin as p (id, version, digest, state, reason, since, updated_at)
  select s.id, s.version, s.digest, s.state, s.reason, s.since, $2
  from json_to_recordset($1::json) as s(id text, version text, digest text, state text, reason text, since timestamptz)
  on conflict (id) do update set version = excluded.version, digest = excluded.digest, state = excluded.state,
    reason = excluded.reason, since = excluded.since, updated_at = excluded.updated_at
  where (p.version, p.digest, p.state, p.reason) is distinct from (excluded.version, excluded.digest, excluded.state, excluded.reason)
  returning id`;
const WISH = `update core.plugin set wanted = $2, held = held and $3, revision = revision + 1, updated_at = $4
  where id = $1 returning ${COLUMNS}`;
const HOLD = `insert into core.plugin as p (id, version, digest, state, reason, since, held, updated_at)
  values ($1, $2, $3, 'degraded', $4, $5, true, $5)
  on conflict (id) do update set version = excluded.version, digest = excluded.digest, state = excluded.state,
    reason = excluded.reason, since = excluded.since, held = true, updated_at = excluded.updated_at`;

type Doors = Pick<PluginHostDeps, 'audit' | 'clock'> & { readonly database: Pick<Database, 'query' | 'withoutTenant'> };

/** The installation's list of plugins, in the database. */
export interface PluginRegistry {
  read(): Promise<ReadonlyMap<string, PluginRow>>;
  /** Writes states that differ from the rows; each one is an audit row. */
  save(changes: readonly StatusChange[]): Promise<void>;
  /** Writes an operator's wish, so that every node follows. */
  wish(id: string, wanted: 'on' | 'off', actor: Actor, action: string): Promise<PluginRow | undefined>;
  /** Keeps a plugin that took a process down from being loaded again. */
  hold(plugin: Pick<PluginStatus, 'id' | 'version' | 'digest'>, reason: string): Promise<void>;
}

interface Actor {
  readonly kind: string;
  readonly id: string;
}

/** The host itself, where nobody asked for it. */
export const SYSTEM = { kind: 'system', id: 'plugins' } as const;

export function createRegistry({ database, audit, clock }: Doors): PluginRegistry {
  return {
    async read() {
      const rows = await database.query<PluginRow>(READ);
      return new Map(rows.map((row) => [row.id, row]));
    },
    async save(changes) {
      if (changes.length === 0) return;
      const rows = changes.map(({ id, version, digest, state, reason, since }) => ({
        id,
        version,
        digest,
        state,
        reason,
        since: new Date(since),
      }));
      await database.withoutTenant(async (tx) => {
        const written = await tx.query<{ id: string }>(SAVE, [JSON.stringify(rows), new Date(clock.now())]);
        const ids = new Set(written.map(({ id }) => id));
        for (const { id, version, state, reason, passed } of changes) {
          if (!ids.has(id)) continue;
          for (const edge of [...passed, { state, reason }])
            await audit.record(tx, {
              actor: SYSTEM,
              action: `plugin.${edge.state}`,
              target: `plugin:${id}`,
              details: { version, ...(edge.reason !== undefined && { reason: edge.reason }) },
            });
        }
      });
    },
    async wish(id, wanted, actor, action) {
      const values = [id, wanted, action !== 'plugin.retry', new Date(clock.now())];
      return database.withoutTenant(async (tx) => {
        const [row] = await tx.query<PluginRow>(WISH, values);
        if (row) await audit.record(tx, { actor, action, target: `plugin:${id}`, details: { version: row.version } });
        return row;
      });
    },
    async hold({ id, version, digest }, reason) {
      await database.withoutTenant(async (tx) => {
        await tx.execute(HOLD, [id, version, digest, reason, new Date(clock.now())]);
        await audit.record(tx, {
          actor: SYSTEM,
          action: 'plugin.held',
          target: `plugin:${id}`,
          details: { version, reason },
        });
      });
    },
  };
}
