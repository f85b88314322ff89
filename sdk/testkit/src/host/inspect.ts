import { fromJson } from '@podlift/sdk/kernel';
import type { TestDatabase } from '../postgres.ts';

/** An event of the outbox, as a test looks at it. */
export interface InspectedEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly key: string | null;
  readonly payload: unknown;
  readonly time: Date;
}

/** A job, as a test looks at it. */
export interface InspectedJob {
  readonly id: string;
  /** `plugin/job`. */
  readonly name: string;
  readonly state: string;
  readonly data: unknown;
}

const EVENTS = `select id, type, source, key, payload, "time" from core.event where tenant_id = $1 and type not like 'core.%' order by id`;
const JOBS = `select id, name, state, data from core.job where tenant_id = $1 order by id`;
/** Jobs that were asked for with a delay which the test's clock has passed. */
const OVERDUE = `select tenant_id as tenant, id from core.job where state = 'waiting' and run_at <= $1 and run_at > created_at`;

/** Every event of a tenant that a plugin emitted, oldest first. */
export async function readEvents(database: TestDatabase, tenant: string, type?: string): Promise<InspectedEvent[]> {
  const rows = await database.admin<InspectedEvent & Record<string, unknown>>(EVENTS, [tenant]);
  return rows
    .filter((row) => type === undefined || row.type === type)
    .map((row) => ({ ...row, payload: fromJson(row.payload) }));
}

/** Every job of a tenant, oldest first. */
export async function readJobs(database: TestDatabase, tenant: string, name?: string): Promise<InspectedJob[]> {
  const rows = await database.admin<InspectedJob & Record<string, unknown>>(JOBS, [tenant]);
  return rows
    .filter((row) => name === undefined || row.name === name || row.name.endsWith(`/${name}`))
    .map((row) => ({ ...row, data: fromJson(row.data) }));
}

export const findOverdue = (database: TestDatabase, now: number) =>
  database.admin<{ tenant: string; id: string }>(OVERDUE, [new Date(now)]);
