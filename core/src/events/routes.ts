import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute } from '../http/index.ts';
import type { EventBus } from './bus.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { StoredEvent } from './event.ts';

const Event = z
  .object({
    id: z.uuid(),
    type: z.string().openapi({ example: 'touchpoints.landed@1' }),
    source: z.string().openapi({ example: 'acme.feeds' }),
    key: z.string().nullable(),
    payload: z.unknown(),
    time: z.iso.datetime(),
    position: z.int(),
  })
  .openapi('Event');
const Letter = z
  .object({
    subscriber: z.string().openapi({ example: 'acme.feeds/touchpoints.landed@1' }),
    event: Event,
    state: z.enum(['retrying', 'behind', 'dead']),
    attempts: z.int(),
    nextAttemptAt: z.iso.datetime(),
    error: z.string().nullable(),
    parkedAt: z.iso.datetime(),
  })
  .openapi('DeadLetter');
const EventPage = z.object({ items: z.array(Event), next: z.int() }).openapi('EventPage');
const LetterPage = z.object({ items: z.array(Letter), next: z.uuid().nullable() }).openapi('DeadLetterPage');
const limit = z.coerce.number().int().min(1).max(200).default(50);
const eventQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  type: z.string().max(200).optional(),
  limit,
});
const letterQuery = z.object({ subscriber: z.string().max(300).optional(), cursor: z.uuid().optional(), limit });
const params = z.object({ event: z.uuid().openapi({ param: { name: 'event', in: 'path' } }) });
const Who = z.object({ subscriber: z.string().min(1).max(300) });
const TAGS = ['Events'];

const EVENT: z.input<typeof Event> = {
  id: '01a20f44-503f-7296-873f-ca51be712b86',
  type: 'touchpoints.landed@1',
  source: 'acme.feeds',
  key: null,
  payload: { count: 12 },
  time: '2026-11-24T20:00:00.000Z',
  position: 42,
};
const LETTER: z.input<typeof Letter> = {
  subscriber: 'acme.feeds/touchpoints.landed@1',
  event: EVENT,
  state: 'dead',
  attempts: 8,
  nextAttemptAt: '2026-11-24T20:05:00.000Z',
  error: 'Error: upstream says no',
  parkedAt: '2026-11-24T20:00:00.000Z',
};

const eventJson = ({ key, payload, time, ...event }: StoredEvent): z.input<typeof Event> => ({
  ...event,
  key: key ?? null,
  payload: payload ?? null,
  time: time.toISOString(),
});

const letterJson = ({ event, nextAttemptAt, error, parkedAt, ...letter }: DeadLetter): z.input<typeof Letter> => ({
  ...letter,
  event: eventJson(event),
  nextAttemptAt: nextAttemptAt.toISOString(),
  error: error ?? null,
  parkedAt: parkedAt.toISOString(),
});

/** A workspace's events in their order, and those that a plugin could not take. */
export function eventRoutes({ events, audit }: { readonly events: EventBus; readonly audit: Audit }): CoreRoute[] {
  const act = (verb: 'retry' | 'discard', summary: string): CoreRoute =>
    coreRoute(
      {
        method: 'post',
        path: `/api/v1/events/dead-letters/{event}/${verb}`,
        permission: 'events:manage',
        tags: TAGS,
        summary,
        request: { params, body: jsonBody(Who) },
        responses: { 204: { description: 'Done.' } },
        examples: { body: { subscriber: LETTER.subscriber } },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const { event } = c.req.valid('param');
        const { subscriber } = c.req.valid('json');
        await events.deadLetters[verb](tenant, subscriber, event);
        const action = verb === 'retry' ? 'event.retried' : 'event.discarded';
        await audit.record(null, {
          tenant,
          actor: principal.actor,
          action,
          target: `event:${event}`,
          details: { subscriber },
        });
        return c.body(null, 204);
      },
    );
  return [
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/events',
        permission: 'events:read',
        tags: TAGS,
        summary: 'Read the events after a position',
        request: { query: eventQuery },
        responses: { 200: json(EventPage, 'Oldest first; `next` is the position to go on from.') },
        examples: { response: { items: [EVENT], next: 42 } },
      },
      async (c) => {
        const { after, type, limit } = c.req.valid('query');
        const tenant = tenantOf(c.var.principal);
        const found = await events.tail(tenant, after, { limit, ...(type && { types: [type] }) });
        return c.json({ items: found.events.map(eventJson), next: found.next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/events/dead-letters',
        permission: 'events:read',
        tags: TAGS,
        summary: 'List the events that a plugin could not take',
        request: { query: letterQuery },
        responses: { 200: json(LetterPage, 'Newest first.') },
        examples: { response: { items: [LETTER], next: null } },
      },
      async (c) => {
        const { subscriber, cursor, limit } = c.req.valid('query');
        const found = await events.deadLetters.list(tenantOf(c.var.principal), {
          limit,
          ...(subscriber && { subscriber }),
          ...(cursor && { after: cursor }),
        });
        const next = found.length === limit ? (found.at(-1)?.event.id ?? null) : null;
        return c.json({ items: found.map(letterJson), next }, 200);
      },
    ),
    act('retry', 'Deliver a parked event again'),
    act('discard', 'Give a parked event up, and let those behind it follow'),
  ];
}
