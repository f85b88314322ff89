/** @module The plugin's HTTP surface: Segment's calls on the short way, the rest through Hono. */
import { json, openapi, route, z } from '@podlift/sdk/http';
import type { Routes } from '@podlift/sdk';
import { CALLS, tryCollect } from './collect.ts';
import { MAX_BATCH_BYTES, MAX_ITEM_BYTES, MAX_ITEMS } from './limits.ts';
import type { Ctx } from './manifest.ts';
import { addReads } from './reads.ts';
import { addRedirect } from './redirect.ts';
import { addSummary } from './summary.ts';

/** Segment's common fields. They document the call; collect.ts checks them, because a schema per event would cost more than all the rest. */
const Item = z
  .object({
    type: z
      .enum(['track', 'page', 'screen', 'identify', 'alias', 'group'])
      .optional()
      .openapi({ description: 'Needed in a batch.' }),
    messageId: z.string().max(255).optional().openapi({ description: 'The same message counts once within 30 days.' }),
    userId: z.string().optional(),
    anonymousId: z.string().optional(),
    event: z.string().optional().openapi({
      description:
        '`Order Completed` and `Order Refunded` are orders; `Podcast Ad Impression`, `Podcast Download` and `Link Clicked` are touchpoints of their kind.',
    }),
    timestamp: z.iso.datetime().optional(),
    sentAt: z.iso.datetime().optional(),
    properties: z.record(z.string(), z.unknown()).optional(),
    context: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('TrackingItem', {
    example: {
      type: 'track',
      messageId: '0192b6e2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
      anonymousId: 'visitor-1',
      event: 'Order Completed',
      properties: { order_id: '1001', revenue: 59.9, currency: 'USD', coupon: 'TIM10' },
      context: { page: { url: 'https://shop.example/thanks' }, campaign: { source: 'podcast', name: 'spring' } },
    },
  });
const Batch = z
  .object({ batch: z.array(Item).max(MAX_ITEMS), sentAt: z.iso.datetime().optional() })
  .openapi('TrackingBatch');
const Counts = {
  success: z.boolean(),
  accepted: z.int().openapi({ description: 'New touchpoints, orders and refunds.' }),
  duplicates: z.int(),
  ignored: z.int(),
};
const Answer = z.object(Counts).openapi('TrackingAnswer');
const PartAnswer = z
  .object({
    ...Counts,
    errors: z.array(
      z.object({
        index: z.int(),
        messageId: z.string().optional(),
        code: z.string(),
        message: z.string(),
        path: z.string().optional(),
      }),
    ),
  })
  .openapi('TrackingErrors');

const limits = `At most ${MAX_ITEMS} items, ${MAX_ITEM_BYTES / 1024} KB an item, ${MAX_BATCH_BYTES / 1000} KB a request.`;
const document = ([path, call]: readonly [string, string]) =>
  route({
    method: 'post',
    path: `/v1/${path}`,
    'x-permission': 'tracking:write',
    'x-cors': 'open',
    'x-idempotency': 'off',
    'x-body-limit': MAX_BATCH_BYTES,
    // Hits come as they come; what protects the database is the queue before each flight.
    'x-rate-per-minute': 6_000_000,
    summary: path === call ? `Segment's ${call} call` : `Segment's ${call} call, as some of its libraries name it`,
    description: `Answered when it is stored. ${limits} Authorization: Basic with the write key as user name, or Bearer.`,
    request: { body: { required: true, ...json(call === 'batch' ? Batch : Item, 'As Segment documents it') } },
    responses: {
      200: json(Answer, 'All items were taken'),
      ...(call === 'batch' && { 202: json(PartAnswer, 'Some items were not taken; each has an error of its own') }),
    },
  });

const rest = openapi<Ctx>((app) => {
  for (const call of CALLS) app.openAPIRegistry.registerPath(document(call));
  addRedirect(app);
  addReads(app);
  addSummary(app);
});

/** All routes of the plugin. */
export const routes: Routes<Ctx> = {
  plain: tryCollect,
  fetch: (request, ctx) => rest.fetch(request, ctx),
  document: () => rest.document(),
};
