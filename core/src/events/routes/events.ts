import { z } from '@hono/zod-openapi';
import { coreRoute, eventStream, json, streamEvents, tenantOf, type CoreRoute } from '../../http/index.ts';
import { mayRead, type EventRouteDeps } from './deps.ts';
import { EVENT, Event, eventJson, limit, TAGS } from './schemas.ts';

const EventPage = z.object({ items: z.array(Event), next: z.int() }).openapi('EventPage');
const MOST_TYPES = 50;
const pageQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  type: z.string().max(200).optional(),
  limit,
});
const streamQuery = z.object({
  types: z
    .string()
    .max(5000)
    .optional()
    .openapi({ description: 'Types with commas; all that you may see when absent.', example: 'touchpoints.landed@1' }),
  after: z.coerce.number().int().nonnegative().optional().openapi({
    description: 'Begins behind this position; Last-Event-ID counts more. From now on when both are absent.',
  }),
});

/** A workspace's events in their order: by page, and as they come. */
export function eventReadRoutes(deps: EventRouteDeps): CoreRoute[] {
  const { events } = deps;
  return [
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/events',
        permission: 'events:read',
        tags: TAGS,
        summary: 'Read the events after a position',
        request: { query: pageQuery },
        responses: { 200: json(EventPage, 'Oldest first; `next` is the position to go on from.') },
        examples: { response: { items: [EVENT], next: 42 } },
      },
      async (c) => {
        const { after, type, limit: most } = c.req.valid('query');
        const { principal } = c.var;
        const found = await events.tail(tenantOf(principal), after, { limit: most, ...(type && { types: [type] }) });
        const items = found.events.filter((event) => mayRead(deps, principal, event.type)).map(eventJson);
        return c.json({ items, next: found.next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: '/api/v1/events/stream',
        permission: 'events:read',
        tags: TAGS,
        summary: 'Follow the events as they come',
        description:
          'Server-sent events: `id` is the position, `event` the type, `data` the event. A client that was cut off sends the last `id` as `Last-Event-ID` and misses nothing. ' +
          'Events that you may not see are left out. The stream ends with `event: closed` when your session, key or membership has ended.',
        request: { query: streamQuery },
        responses: { 200: eventStream(Event, 'The events, one message each.') },
      },
      (c) => {
        const { types, after } = c.req.valid('query');
        const tenant = tenantOf(c.var.principal);
        const wanted = types === undefined ? undefined : new Set(types.split(',').slice(0, MOST_TYPES).map(trim));
        return streamEvents(c, {
          async *source(lastId, signal, listener) {
            const position = lastId === undefined ? after : Number(lastId);
            const from = Number.isSafeInteger(position) ? position : undefined;
            for await (const event of events.follow(tenant, from, signal)) {
              if (wanted && !wanted.has(event.type)) continue;
              if (!mayRead(deps, listener(), event.type)) continue;
              yield { id: String(event.position), event: event.type, data: eventJson(event) };
            }
          },
        });
      },
    ),
  ];
}

const trim = (text: string): string => text.trim();
