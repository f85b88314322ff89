import type { Database, Queryable } from '../data/index.ts';
import type { Lines } from './admission/index.ts';
import { pauseAfter, type EnabledTenants } from './cron.ts';
import { offsetOf, pieceEnd, runId, spreadOf } from './cron-plan.ts';
import { pluginOf, type Definitions, type JobDefinition } from './definition.ts';

/** Runs that are written by one statement. */
const CHUNK = 500;

const BEGIN = `
insert into core.job_round (name, due_at, spread_ms, walked_ms, next_at) values ($1, $2, $3, 0, $2) on conflict do nothing`;

const DUE = `
select name, due_at as due, spread_ms::float8 as spread, walked_ms::float8 as walked from core.job_round
where next_at <= $1 and name = any($2::text[]) order by next_at limit 1`;

/** Two nodes may have looked at the same piece: the second finds it walked. */
const TAKE = `
select 1 from core.job_round where name = $1 and due_at = $2 and walked_ms = $3 for update`;

const MOVE = `update core.job_round set walked_ms = $3, next_at = $4 where name = $1 and due_at = $2`;
const END = `delete from core.job_round where name = $1 and due_at = $2`;

/** A run that waits still from an earlier firing is enough; a tenant that was suspended or purged meanwhile gets none. */
const INSERT = `
insert into core.job (tenant_id, id, queued_as, name, key, waiting_key, data, state, priority, run_at, created_at, queue, lane)
select r.tenant, r.id, r.id, $4, 'cron', 'cron', '{}', 'waiting', 0, r.run_at, $5, $6, $7
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) r(tenant, id, run_at)
join core.tenants t on t.id = r.tenant and t.status = 'active'
order by r.tenant on conflict do nothing`;

interface Round {
  readonly name: string;
  readonly due: Date;
  readonly spread: number;
  readonly walked: number;
}

export interface RoundsOptions {
  readonly database: Database;
  readonly lines: Lines;
  readonly definitions: Definitions;
  readonly enabledTenants: EnabledTenants;
  readonly now: () => number;
}

/**
 * Firings of crons on their way through the tenants. A round stands in the database with how far it is, and each piece is
 * written in one transaction when its time has come: what dies in between goes on where it was, and no minute carries all.
 */
export interface Rounds {
  begin(definition: JobDefinition, due: number): Promise<void>;
  /** Writes the runs of all pieces that are due. @returns how many. */
  walk(): Promise<number>;
  /** Forgets rounds that nobody walks any more. */
  sweep(): Promise<void>;
}

export function createRounds({ database, lines, definitions, enabledTenants, now }: RoundsOptions): Rounds {
  const system = () => database.pool('system');

  const walkOne = async ({ name, due, spread, walked }: Round, definition: JobDefinition): Promise<number> => {
    const at = due.getTime();
    // Offsets are below the spread, so a spread of nothing is one piece with everybody.
    const end = spread === 0 ? 1 : pieceEnd(name, spread, walked);
    const wanted = (tenant: string): boolean => {
      const offset = offsetOf(name, tenant, spread);
      return offset >= walked && offset < end;
    };
    const tenants: string[] = [];
    // Read before the transaction: it may take a while, and uses connections of its own.
    for await (const tenant of await enabledTenants(pluginOf(name), wanted)) if (wanted(tenant)) tenants.push(tenant);
    const runs = tenants.map((tenant) => ({
      tenant,
      id: runId(name, tenant, at),
      runAt: new Date(at + offsetOf(name, tenant, spread)),
    }));
    const { queue = 'default', concurrency } = definition;
    const lane = concurrency === undefined ? '' : name;
    const written = await database.system('write the runs of a cron', async (tx) => {
      if ((await tx.query(TAKE, [name, due, walked])).length === 0) return 0;
      for (let from = 0; from < runs.length; from += CHUNK) {
        const chunk = runs.slice(from, from + CHUNK);
        const values = [chunk.map((run) => run.tenant), chunk.map((run) => run.id), chunk.map((run) => run.runAt)];
        await tx.execute(INSERT, [...values, name, new Date(now()), queue, lane]);
      }
      await move(tx, { name, due, spread }, end);
      return runs.length;
    });
    await lines.put(runs.slice(0, written).map(({ tenant, runAt }) => ({ tenant, queue, lane, dueAt: runAt })));
    return written;
  };

  return {
    async begin(definition, due) {
      const { name, cron, jitterMs } = definition;
      if (cron === undefined) return;
      const spread = spreadOf(await pauseAfter(cron, due), jitterMs);
      await system().query(BEGIN, [name, new Date(due), spread]);
    },
    async walk() {
      for (let total = 0; ;) {
        const known = definitions.scheduled().map(({ name }) => name);
        const { rows } = await system().query<Round>(DUE, [new Date(now()), known]);
        const [round] = rows;
        const definition = round && definitions.get(round.name);
        if (!round || !definition) return total;
        total += await walkOne(round, definition);
      }
    },
    async sweep() {
      await system().query(`delete from core.job_round where next_at < $1`, [new Date(now() - 7 * 86_400_000)]);
    },
  };
}

async function move(tx: Queryable, { name, due, spread }: Omit<Round, 'walked'>, end: number): Promise<void> {
  if (end >= spread) await tx.execute(END, [name, due]);
  else await tx.execute(MOVE, [name, due, end, new Date(due.getTime() + end)]);
}
