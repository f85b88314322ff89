import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import { coreRoute, json, tenantOf, type CoreRoute } from '../http/index.ts';
import { requestJob } from '../jobs/index.ts';
import { listDeliveries, reviveDelivery, STATES, type DeliveryRecord } from './deliveries.ts';
import { NotifyError } from './errors.ts';
import { DELIVER_JOB } from './job-names.ts';

const DeliveryJson = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    userId: z.string().nullable().describe('Null for a channel of the whole workspace.'),
    channel: z.string(),
    state: z.enum(STATES),
    attempts: z.int(),
    error: z.string().nullable().describe('Why it failed or was left out.'),
    dueAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .openapi('NotificationDelivery');
const Page = z.object({ items: z.array(DeliveryJson), next: z.uuid().nullable() }).openapi('NotificationDeliveries');
const EXAMPLE: z.input<typeof DeliveryJson> = {
  id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  kind: 'acme.feeds/import-failed',
  userId: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
  channel: 'mail',
  state: 'failed',
  attempts: 1,
  error: 'mail.example.com at RCPT TO: 550 5.1.1 No such user',
  dueAt: '2026-11-24T20:00:00.000Z',
  createdAt: '2026-11-24T20:00:00.000Z',
  endedAt: '2026-11-24T20:00:01.000Z',
};

export interface DeliveryRouteDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly events: Pick<EventBus, 'wake'>;
  readonly audit: Pick<Audit, 'record'>;
}

/** How messages that left the installation fared. */
export function deliveryRoutes({ database, clock, events, audit }: DeliveryRouteDeps): CoreRoute[] {
  return [
    coreRoute(
      {
        tags: ['Notifications'],
        method: 'get',
        path: '/api/v1/notification-deliveries',
        permission: 'notifications:read',
        summary: 'List deliveries of messages',
        request: {
          query: z.object({
            state: z.enum(STATES).optional(),
            cursor: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
        },
        responses: { 200: json(Page, 'Newest first. The inbox needs no delivery and is not among them.') },
        examples: { response: { items: [EXAMPLE], next: null } },
      },
      async (c) => {
        const { state, cursor, limit } = c.req.valid('query');
        const found = await database.withTenant({ tenant: tenantOf(c.var.principal), readOnly: true }, (tx) =>
          listDeliveries(tx, { state, after: cursor, limit: limit + 1 }),
        );
        const items = found.slice(0, limit);
        const next = found.length > limit ? (items.at(-1)?.id ?? null) : null;
        return c.json({ items: items.map(toJson), next }, 200);
      },
    ),
    coreRoute(
      {
        tags: ['Notifications'],
        method: 'post',
        path: '/api/v1/notification-deliveries/{id}/retry',
        permission: 'notifications:manage',
        summary: 'Try a failed delivery again',
        request: { params: z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) }) },
        responses: { 202: { description: 'It is tried again in a moment.' } },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const { id } = c.req.valid('param');
        const now = clock.now();
        await database.withTenant({ tenant }, async (tx) => {
          if (!(await reviveDelivery(tx, id, now))) throw NotifyError.unknownDelivery();
          await requestJob(tx, { name: DELIVER_JOB, data: { ids: [id] } }, now);
          await audit.record(tx, {
            tenant,
            actor: principal.actor,
            action: 'notification.retried',
            target: `notification-delivery:${id}`,
          });
        });
        events.wake();
        return c.body(null, 202);
      },
    ),
  ];
}

const toJson = (one: DeliveryRecord): z.input<typeof DeliveryJson> => ({
  id: one.id,
  kind: one.kind,
  userId: one.userId || null,
  channel: one.channel,
  state: one.state,
  attempts: one.attempts,
  error: one.error ?? null,
  dueAt: one.dueAt.toISOString(),
  createdAt: one.createdAt.toISOString(),
  endedAt: one.endedAt?.toISOString() ?? null,
});
