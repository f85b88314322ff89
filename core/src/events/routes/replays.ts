import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute } from '../../http/index.ts';
import type { Replay } from '../replay-records.ts';
import type { EventRouteDeps } from './deps.ts';
import { inPath, limit, REPLAY, replayJson, ReplaySchema, subscriberName, TAGS } from './schemas.ts';

const Page = z.object({ items: z.array(ReplaySchema), next: z.uuid().nullable() }).openapi('EventReplayPage');
const query = z.object({ cursor: z.uuid().optional(), limit });
const params = inPath('id');
const PATH = '/api/v1/events/replays';
const position = z.int().nonnegative();
const Start = z
  .object({
    subscriber: subscriberName,
    types: z.array(z.string().max(200)).min(1).max(50).optional(),
    key: z.string().max(1000).optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    first: position.optional(),
    last: position.optional(),
    reason: z.string().trim().min(1).max(500),
  })
  .openapi('NewEventReplay');

/** Bringing a handler events that it has had: asked for, watched, cancelled, taken up again. */
export function replayRoutes({ events, audit }: EventRouteDeps): CoreRoute[] {
  const { replays } = events;
  const turn = (verb: 'cancel' | 'resume', summary: string, action: string): CoreRoute =>
    coreRoute(
      {
        method: 'post',
        path: `${PATH}/{id}/${verb}`,
        permission: 'events:manage',
        tags: TAGS,
        summary,
        request: { params },
        responses: { 200: json(ReplaySchema, 'As it is now.') },
        examples: { response: REPLAY },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const { id = '' } = c.req.valid('param');
        const replay = await replays[verb](tenant, id, (tx, { subscriber, handled }) =>
          audit.record(tx, {
            tenant,
            actor: principal.actor,
            action,
            target: `replay:${id}`,
            details: { subscriber, handled },
          }),
        );
        return c.json(replayJson(replay), 200);
      },
    );
  return [
    coreRoute(
      {
        method: 'post',
        path: PATH,
        permission: 'events:manage',
        tags: TAGS,
        summary: 'Bring a handler events that it has had once more',
        description:
          'By time, by position, by type, by key. Each event is brought once per replay, whatever crashes meanwhile. Events that the handler has not had yet come anyway and are left out. A handler may refuse replays.',
        request: { body: jsonBody(Start) },
        responses: { 201: json(ReplaySchema, 'It has begun.') },
        examples: {
          body: { subscriber: REPLAY.subscriber, since: REPLAY.since, reason: REPLAY.reason },
          response: REPLAY,
        },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const { since, until, ...rest } = c.req.valid('json');
        const request = {
          ...rest,
          ...(since && { since: new Date(since) }),
          ...(until && { until: new Date(until) }),
          actor: `${principal.actor.kind}:${principal.actor.id}`,
        };
        const replay = await replays.start(tenant, request, (tx, made) =>
          audit.record(tx, {
            tenant,
            actor: principal.actor,
            action: 'event.replay-started',
            target: `replay:${made.id}`,
            details: aboutReplay(made),
          }),
        );
        return c.json(replayJson(replay), 201);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: PATH,
        permission: 'events:read',
        tags: TAGS,
        summary: 'List the replays',
        request: { query },
        responses: { 200: json(Page, 'Newest first.') },
        examples: { response: { items: [REPLAY], next: null } },
      },
      async (c) => {
        const { cursor, limit: most } = c.req.valid('query');
        const page = { limit: most, ...(cursor && { after: cursor }) };
        const found = await replays.list(tenantOf(c.var.principal), page);
        const next = found.length === most ? (found.at(-1)?.id ?? null) : null;
        return c.json({ items: found.map(replayJson), next }, 200);
      },
    ),
    coreRoute(
      {
        method: 'get',
        path: `${PATH}/{id}`,
        permission: 'events:read',
        tags: TAGS,
        summary: 'Show how far a replay is',
        request: { params },
        responses: { 200: json(ReplaySchema, 'As it is now.') },
        examples: { response: REPLAY },
      },
      async (c) => c.json(replayJson(await replays.get(tenantOf(c.var.principal), c.req.valid('param').id ?? '')), 200),
    ),
    turn('cancel', 'End a replay; what was brought stays', 'event.replay-cancelled'),
    turn('resume', 'Go on with a replay that was cancelled', 'event.replay-resumed'),
  ];
}

/** What the audit log keeps of it. */
export const aboutReplay = ({
  subscriber,
  types,
  key: eventKey,
  since,
  until,
  first,
  last,
  total,
  reason,
}: Replay) => ({
  subscriber,
  types,
  // A field called key would be masked.
  eventKey,
  since: since?.toISOString(),
  until: until?.toISOString(),
  first,
  last,
  total,
  reason,
});
