import { z } from '@hono/zod-openapi';
import type { AuditEntry } from '../../audit/index.ts';
import {
  coreRoute,
  decodeCursor,
  encodeCursor,
  json,
  jsonBody,
  tenantOf,
  type CoreRoute,
  type Principal,
} from '../../http/index.ts';
import type { EventRouteDeps } from './deps.ts';
import { inPath, Letter, LETTER, letterJson, limit, subscriberName, TAGS } from './schemas.ts';

const Page = z.object({ items: z.array(Letter), next: z.string().nullable() }).openapi('DeadLetterPage');
const Count = z.object({ count: z.int() }).openapi('DeadLetterCount');
const query = z.object({
  subscriber: z.string().max(300).optional(),
  state: z.enum(['retrying', 'behind', 'dead']).optional(),
  key: z.string().max(1000).optional(),
  cursor: z.string().max(1000).optional(),
  limit,
});
const After = z.object({ event: z.uuid(), subscriber: z.string() });
const reason = z.string().trim().min(1).max(500);
const One = z.object({ subscriber: subscriberName });
const OneGivenUp = One.extend({ reason });
const Many = z.object({ subscriber: subscriberName, key: z.string().max(1000).optional() });
const ManyGivenUp = Many.extend({ reason });
const params = inPath('event');
const PATH = '/api/v1/events/dead-letters';
const who = LETTER.subscriber;

/** Events that a plugin could not take: seen, tried again, given up. Each act is in the audit log if and only if it happened. */
export function deadLetterRoutes({ events, audit }: EventRouteDeps): CoreRoute[] {
  const { deadLetters } = events;
  const entry = (principal: Principal, action: string, target: string, details: object): AuditEntry => ({
    tenant: tenantOf(principal),
    actor: principal.actor,
    action,
    target,
    details: { ...details },
  });
  return [
    coreRoute(
      {
        method: 'get',
        path: PATH,
        permission: 'events:read',
        tags: TAGS,
        summary: 'List the events that a plugin could not take',
        request: { query },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [LETTER], next: null } },
      },
      async (c) => {
        const { cursor, subscriber, state, key, limit: most } = c.req.valid('query');
        const found = await deadLetters.list(tenantOf(c.var.principal), {
          limit: most,
          ...(subscriber && { subscriber }),
          ...(state && { state }),
          ...(key && { key }),
          ...(cursor && { after: decodeCursor(After, cursor) }),
        });
        const last = found.length === most ? found.at(-1) : undefined;
        const next = last ? encodeCursor({ event: last.event.id, subscriber: last.subscriber }) : null;
        return c.json({ items: found.map(letterJson), next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: `${PATH}/{event}`,
        permission: 'events:read',
        tags: TAGS,
        summary: 'Show an event that a plugin could not take',
        request: { params, query: One },
        responses: { 200: json(Letter, 'The event, and why it was not taken.') },
        examples: { response: LETTER },
      },
      async (c) => {
        const { event } = c.req.valid('param');
        const found = await deadLetters.get(tenantOf(c.var.principal), c.req.valid('query').subscriber, event ?? '');
        return c.json(letterJson(found), 200);
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: `${PATH}/{event}/retry`,
        permission: 'events:manage',
        tags: TAGS,
        summary: 'Deliver a parked event again',
        request: { params, body: jsonBody(One) },
        responses: { 204: { description: 'It is tried from the first attempt on; those behind it follow.' } },
        examples: { body: { subscriber: who } },
      },
      async (c) => {
        const { principal } = c.var;
        const { event = '' } = c.req.valid('param');
        const body = c.req.valid('json');
        await deadLetters.retry(tenantOf(principal), body.subscriber, event, (tx) =>
          audit.record(tx, entry(principal, 'event.retried', `event:${event}`, body)),
        );
        return c.body(null, 204);
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: `${PATH}/{event}/discard`,
        permission: 'events:manage',
        tags: TAGS,
        summary: 'Give a parked event up, and let those behind it follow',
        request: { params, body: jsonBody(OneGivenUp) },
        responses: { 204: { description: 'It is gone; the reason is in the audit log.' } },
        examples: { body: { subscriber: who, reason: 'the campaign was a test' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { event = '' } = c.req.valid('param');
        const body = c.req.valid('json');
        await deadLetters.discard(tenantOf(principal), body.subscriber, event, (tx) =>
          audit.record(tx, entry(principal, 'event.discarded', `event:${event}`, body)),
        );
        return c.body(null, 204);
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: `${PATH}/retry`,
        permission: 'events:manage',
        tags: TAGS,
        summary: 'Deliver all parked events of a handler again, or those of one key',
        request: { body: jsonBody(Many) },
        responses: { 200: json(Count, 'How many begin anew; those behind them follow.') },
        examples: { body: { subscriber: who, key: 'campaign-7' }, response: { count: 3 } },
      },
      async (c) => {
        const { principal } = c.var;
        const { subscriber, key } = c.req.valid('json');
        const count = await deadLetters.retryAll(tenantOf(principal), subscriber, key, (tx, many) =>
          audit.record(
            tx,
            entry(principal, 'event.all-retried', `subscriber:${subscriber}`, { eventKey: key, count: many }),
          ),
        );
        return c.json({ count }, 200);
      },
    ),
    coreRoute(
      {
        method: 'post',
        path: `${PATH}/discard`,
        permission: 'events:manage',
        tags: TAGS,
        summary: 'Give up all dead events of a handler, or those of one key',
        request: { body: jsonBody(ManyGivenUp) },
        responses: { 200: json(Count, 'How many are gone, those behind dead ones included.') },
        examples: { body: { subscriber: who, reason: 'the feed ended' }, response: { count: 3 } },
      },
      async (c) => {
        const { principal } = c.var;
        const { subscriber, key, reason: why } = c.req.valid('json');
        const count = await deadLetters.discardAll(tenantOf(principal), subscriber, key, (tx, many) =>
          audit.record(
            tx,
            entry(principal, 'event.all-discarded', `subscriber:${subscriber}`, {
              eventKey: key,
              reason: why,
              count: many,
            }),
          ),
        );
        return c.json({ count }, 200);
      },
    ),
  ];
}
