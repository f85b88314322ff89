import { uuidv7, type NotificationValue } from '@podlift/sdk';
import { z } from 'zod';
import { ROLES } from '../access/index.ts';
import type { Tx } from '../data/index.ts';
import { appendEvents } from '../events/index.ts';
import { NotifyError } from './errors.ts';
import type { NotificationKind } from './kind.ts';
import { MAX_DATA_BYTES, NOTIFICATION_REQUESTED } from './limits.ts';

/** Who gets a message. Everybody once, however often they are named. */
export const Recipients = z.object({
  users: z.array(z.string().max(100)).max(10_000).optional(),
  roles: z.array(z.enum(ROLES)).optional(),
  permission: z.string().max(200).optional(),
});
export type Recipients = z.infer<typeof Recipients>;

/** A message that becomes true with a transaction. */
export interface NotificationRequest {
  readonly kind: NotificationKind;
  readonly to: Recipients;
  readonly data: Readonly<Record<string, NotificationValue>>;
  /** A second one of the same kind and key is dropped. */
  readonly key?: string;
}

/** What the event says. */
export const NotificationRequested = z.object({ id: z.uuid() });

const INSERT = `
insert into core.notification (tenant_id, id, kind, key, spec, recipients, data, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning id`;

/**
 * Asks for a message in the caller's transaction: people get it if and only if that commits. Who they are is found out
 * afterwards, so that a large tenant does not slow the caller. Wake the bus after commit.
 * @returns its id, or undefined when one of the same key is there already.
 */
export async function requestNotification(
  tx: Tx,
  { kind, to, data, key }: NotificationRequest,
  now: number = Date.now(),
): Promise<string | undefined> {
  const { id: name, ...spec } = kind;
  if (!to.users?.length && !to.roles?.length && to.permission === undefined) throw NotifyError.nobody(name);
  const text = JSON.stringify(data);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_DATA_BYTES) throw NotifyError.dataTooLarge(name, bytes, MAX_DATA_BYTES);
  const id = uuidv7(now);
  const values = [tx.tenant, id, name, key ?? null, JSON.stringify(spec), JSON.stringify(to), text, new Date(now)];
  const inserted = await tx.query<{ id: string }>(INSERT, values, 'notify.request');
  if (inserted.length === 0) return undefined;
  await appendEvents(tx, [{ type: NOTIFICATION_REQUESTED, source: 'core', payload: { id } }], now);
  return id;
}
