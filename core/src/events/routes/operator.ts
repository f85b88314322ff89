import { z } from '@hono/zod-openapi';
import { coreRoute, json, type CoreRoute } from '../../http/index.ts';
import type { EventRouteDeps } from './deps.ts';
import { TAGS } from './schemas.ts';

const State = z
  .object({
    id: z.string(),
    types: z.array(z.string()),
    mode: z.enum(['each', 'batch']),
    replay: z.boolean().openapi({ description: 'Whether it takes replays.' }),
    seenAt: z.iso.datetime().openapi({ description: 'When a process last listened under this name.' }),
    behind: z.int().openapi({ description: 'Positions up to the newest, those of no interest to it included.' }),
    oldest: z.iso.datetime().nullable().openapi({ description: 'When the oldest event came that it has not had.' }),
    retrying: z.int(),
    behindAnother: z.int(),
    dead: z.int(),
  })
  .openapi('EventSubscriber');
const List = z.object({ items: z.array(State) }).openapi('EventSubscriberList');

/** How the handlers of an installation are doing, over all tenants. */
export const operatorEventRoutes = ({ events }: Pick<EventRouteDeps, 'events'>): CoreRoute[] => [
  coreRoute(
    {
      method: 'get',
      path: '/api/v1/system/events/subscribers',
      permission: 'operator',
      tags: TAGS,
      summary: 'List who listens to events, and how far they are',
      responses: { 200: json(List, 'By name.') },
      examples: {
        response: {
          items: [
            {
              id: 'acme.feeds/touchpoints.landed@1',
              types: ['touchpoints.landed@1'],
              mode: 'batch',
              replay: true,
              seenAt: '2026-11-24T20:00:00.000Z',
              behind: 0,
              oldest: null,
              retrying: 0,
              behindAnother: 0,
              dead: 0,
            },
          ],
        },
      },
    },
    async (c) => {
      const found = await events.subscribers();
      const items = found.map(({ seenAt, oldest, types, ...state }) => ({
        ...state,
        types: [...types],
        seenAt: seenAt.toISOString(),
        oldest: oldest?.toISOString() ?? null,
      }));
      return c.json({ items }, 200);
    },
  ),
];
