/** The limit that batch ingest is held against: COPY by the owner role into the same two tables, rows ready in memory, one transaction. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { uuidv7 } from '@podlift/sdk';
import pg from 'pg';
import { from } from 'pg-copy-streams';

const SCHEMA = 'p_podlift_tracking';
const TABLES = ['touchpoint', 'touchpoint_key'] as const;
const COLUMNS =
  'tenant_id, id, household, kind, channel, name, evidence, campaign_id, placement_id, show_id, episode_id';
const DAY = 86_400_000;
const CHUNK = 500;

/** Copies so many rows and returns rows per second and the server's CPU per row. COPY needs FORCE ROW LEVEL SECURITY to be off for its owner meanwhile. */
export async function measureCopy(
  url: string,
  tenant: string,
  rows: number,
  postgres: () => number,
): Promise<{ perSecond: number; postgresMicros: number }> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const chunks = Array.from({ length: rows / CHUNK }, () => chunkOf(tenant));
  for (const table of TABLES) await owner.query(`alter table ${SCHEMA}.${table} no force row level security`);
  const server = postgres();
  const began = performance.now();
  await owner.query('begin');
  await copy(
    owner,
    `copy ${SCHEMA}.touchpoint_key (tenant_id, key) from stdin`,
    chunks.map(({ keys }) => keys),
  );
  await copy(
    owner,
    `copy ${SCHEMA}.touchpoint (${COLUMNS}) from stdin`,
    chunks.map(({ touches }) => touches),
  );
  await owner.query('commit');
  const wall = (performance.now() - began) / 1000;
  const cpu = postgres() - server;
  for (const table of TABLES) await owner.query(`alter table ${SCHEMA}.${table} force row level security`);
  await owner.end();
  return { perSecond: rows / wall, postgresMicros: cpu / rows };
}

const copy = (client: pg.Client, sql: string, texts: readonly string[]): Promise<void> =>
  pipeline(Readable.from(texts), client.query(from(sql)));

function chunkOf(tenant: string): { keys: string; touches: string } {
  let keys = '';
  let touches = '';
  for (let i = 0; i < CHUNK; i++) {
    keys += `${tenant}\t${randomUUID()}\n`;
    touches += `${tenant}\t${uuidv7(Date.now() - Math.random() * 20 * DAY)}\t${randomUUID()}\tevent\tpod/audio\tProduct Viewed\t\\N\t\\N\t\\N\t\\N\t\\N\n`;
  }
  return { keys, touches };
}
