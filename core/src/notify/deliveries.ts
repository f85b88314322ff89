import { uuidv7, type NotificationValue } from '@podlift/sdk';
import type { Queryable, Tx } from '../data/index.ts';
import { Spec } from './kind.ts';

/** One message on its way to one person by one channel; the inbox is no way, it is there at once. */
export interface NewDelivery {
  readonly userId: string;
  readonly channel: string;
  readonly state: 'waiting' | 'digest';
  readonly dueAt: number;
}

/** A delivery with the message that it carries. */
export interface Delivery {
  readonly id: string;
  readonly notificationId: string;
  readonly userId: string;
  readonly channel: string;
  readonly attempts: number;
  readonly kind: string;
  readonly spec: Spec;
  readonly data: Readonly<Record<string, NotificationValue>>;
  readonly createdAt: Date;
}

/** Where a delivery stands. */
export const STATES = ['waiting', 'digest', 'sent', 'failed', 'skipped'] as const;
export type DeliveryState = (typeof STATES)[number];

/** A delivery, as an admin looks at it. */
export interface DeliveryRecord {
  readonly id: string;
  readonly kind: string;
  readonly userId: string;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly error: string | undefined;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

const ADD = `
insert into core.notify_delivery (tenant_id, id, notification_id, user_id, channel, state, due_at, created_at)
select $1, d.id, $2, d.user_id, d.channel, d.state, d.due_at, $4
from json_to_recordset($3::json) as d(id uuid, user_id text, channel text, state text, due_at timestamptz)
on conflict do nothing returning id, user_id, channel, state, due_at`;
const SELECT = `select d.id, d.notification_id, d.user_id, d.channel, d.attempts, n.kind, n.spec, n.data, n.created_at
  from core.notify_delivery d join core.notification n on n.tenant_id = d.tenant_id and n.id = d.notification_id`;
const WAITING = `${SELECT} where d.tenant_id = $1 and d.id = any($2) and d.state = 'waiting' order by d.id`;
const DIGEST = `${SELECT} where d.tenant_id = $1 and d.user_id = $2 and d.channel = 'mail' and d.state = 'digest'
  and d.due_at <= $3 order by d.id desc limit 1000`;
const END = `update core.notify_delivery set state = $3, error = $4, ended_at = $5, attempts = attempts + 1
  where tenant_id = $1 and id = any($2) and state in ('waiting', 'digest')`;
const TRIED = `update core.notify_delivery set attempts = attempts + 1, error = $3 where tenant_id = $1 and id = $2`;
const DEFER = `update core.notify_delivery set due_at = $3, error = $4 where tenant_id = $1 and id = any($2)`;
const LIST = `select d.id, n.kind, d.user_id, d.channel, d.state, d.attempts, d.error, d.due_at, d.created_at, d.ended_at
  from core.notify_delivery d join core.notification n on n.tenant_id = d.tenant_id and n.id = d.notification_id
  where d.tenant_id = $1 and ($2::text is null or d.state = $2) and ($3::uuid is null or d.id < $3) order by d.id desc limit $4`;
const AGAIN = `update core.notify_delivery set state = 'waiting', due_at = $3, ended_at = null
  where tenant_id = $1 and id = $2 and state = 'failed' returning id`;
const RETIRE = `delete from core.notify_delivery where (tenant_id, id) in
  (select tenant_id, id from core.notify_delivery where created_at < $1 limit $2)`;
const RETIRE_MESSAGES = `delete from core.notification where (tenant_id, id) in
  (select tenant_id, id from core.notification where created_at < $1 limit $2)`;

interface DeliveryRow {
  readonly id: string;
  readonly notification_id: string;
  readonly user_id: string;
  readonly channel: string;
  readonly attempts: number;
  readonly kind: string;
  readonly spec: unknown;
  readonly data: Delivery['data'];
  readonly created_at: Date;
}

interface RecordRow {
  readonly id: string;
  readonly kind: string;
  readonly user_id: string;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly error: string | null;
  readonly due_at: Date;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

/** Writes deliveries down; those that are there already are left out. */
export async function addDeliveries(
  tx: Tx,
  notification: string,
  deliveries: readonly NewDelivery[],
  now: number,
): Promise<(NewDelivery & { readonly id: string })[]> {
  if (deliveries.length === 0) return [];
  const rows = deliveries.map(({ userId, channel, state, dueAt }) => ({
    id: uuidv7(now),
    user_id: userId,
    channel,
    state,
    due_at: new Date(dueAt),
  }));
  const added = await tx.query<DeliveryRow & { state: NewDelivery['state']; due_at: Date }>(
    ADD,
    [tx.tenant, notification, JSON.stringify(rows), new Date(now)],
    'notify.add_deliveries',
  );
  return added.map(({ id, user_id, channel, state, due_at }) => ({
    id,
    userId: user_id,
    channel,
    state,
    dueAt: due_at.getTime(),
  }));
}

export const readWaiting = async (tx: Tx, ids: readonly string[]): Promise<Delivery[]> =>
  (await tx.query<DeliveryRow>(WAITING, [tx.tenant, ids], 'notify.waiting')).map(toDelivery);

/** What waits for somebody's digest, newest first. */
export const readDigest = async (tx: Tx, user: string, now: number): Promise<Delivery[]> =>
  (await tx.query<DeliveryRow>(DIGEST, [tx.tenant, user, new Date(now)], 'notify.digest')).map(toDelivery);

export const endDeliveries = (
  tx: Tx,
  ids: readonly string[],
  state: 'sent' | 'failed' | 'skipped',
  reason: string | undefined,
  now: number,
): Promise<number> => tx.execute(END, [tx.tenant, ids, state, reason ?? null, new Date(now)], 'notify.end');

export const noteAttempt = (tx: Tx, id: string, reason: string): Promise<number> =>
  tx.execute(TRIED, [tx.tenant, id, reason], 'notify.tried');

export const deferDeliveries = (tx: Tx, ids: readonly string[], until: number, why: string): Promise<number> =>
  tx.execute(DEFER, [tx.tenant, ids, new Date(until), why], 'notify.defer');

/** Lets a failed delivery be tried again; false when there is none. */
export const reviveDelivery = async (tx: Tx, id: string, now: number): Promise<boolean> =>
  (await tx.query(AGAIN, [tx.tenant, id, new Date(now)])).length > 0;

/** Newest first. */
export async function listDeliveries(
  tx: Tx,
  { state, after, limit }: { state?: DeliveryState | undefined; after?: string | undefined; limit: number },
): Promise<DeliveryRecord[]> {
  const rows = await tx.query<RecordRow>(LIST, [tx.tenant, state ?? null, after ?? null, limit]);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    userId: row.user_id,
    channel: row.channel,
    state: row.state,
    attempts: row.attempts,
    error: row.error ?? undefined,
    dueAt: row.due_at,
    createdAt: row.created_at,
    endedAt: row.ended_at ?? undefined,
  }));
}

export async function retireMessages(tx: Queryable, before: Date, most: number): Promise<number> {
  return (await tx.execute(RETIRE, [before, most])) + (await tx.execute(RETIRE_MESSAGES, [before, most]));
}

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  notificationId: row.notification_id,
  userId: row.user_id,
  channel: row.channel,
  attempts: row.attempts,
  kind: row.kind,
  spec: Spec.parse(row.spec),
  data: row.data,
  createdAt: row.created_at,
});
