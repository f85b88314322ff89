import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute } from '../http/index.ts';
import type { GivenShare, ReceivedShare, Share } from './share.ts';
import type { Sharing } from './sharing.ts';

const TAGS = { tags: ['Sharing'] };
const Moment = z.iso.datetime().nullable();
const Common = z.object({
  id: z.uuid(),
  dataset: z.string(),
  scope: z.record(z.string(), z.unknown()),
  summary: z.string().describe('The scope in one sentence.'),
  terms: z.string(),
  withdrawable: z.boolean(),
  state: z.enum(['offered', 'active', 'declined', 'left', 'revoked', 'expired']),
  expiresAt: Moment,
  offeredAt: z.iso.datetime(),
  acceptedAt: Moment,
  endedAt: Moment,
});
const Given = Common.extend({ receiver: z.uuid(), receiverName: z.string() }).openapi('GivenShare');
const Received = Common.extend({
  grantor: z.uuid(),
  grantorName: z.string(),
  copied: z.int().describe('Rows that were copied so far.'),
  copiedAt: Moment,
  error: z.string().nullable().describe('Why the last attempt to copy failed.'),
  withdrawnAt: Moment,
}).openapi('ReceivedShare');
const Offer = z
  .object({
    receiver: z.uuid().describe("The id of the receiver's workspace; they tell you."),
    dataset: z.string().min(3).max(100),
    scope: z.record(z.string(), z.unknown()).refine((scope) => JSON.stringify(scope).length <= 20_000, 'Is too long.'),
    terms: z.string().min(1).max(10_000).describe('What the receiver may do with it; accepted word for word.'),
    withdrawable: z.boolean().default(true).describe('Whether you may take back what was copied.'),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .openapi('ShareOffer');
const Datasets = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.unknown(),
        description: z.unknown(),
        personal: z.boolean(),
        open: z.boolean().describe('Whether the plugin is enabled here.'),
      }),
    ),
  })
  .openapi('SharedDatasets');
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const EXAMPLE_OFFER = {
  receiver: '0192b6e2-0000-7000-8000-000000000002',
  dataset: 'acme.shop/orders',
  scope: { shops: ['north'] },
  terms: 'For measuring the campaign of spring only.',
  withdrawable: true,
};
const EXAMPLE_SHARE = {
  ...EXAMPLE_OFFER,
  receiver: undefined,
  id: '0192b6e2-0000-7000-8000-000000000001',
  summary: 'Orders of 1 shop',
  state: 'offered',
  expiresAt: null,
  offeredAt: '2026-01-01T00:00:00.000Z',
  acceptedAt: null,
  endedAt: null,
};
const GIVEN_EXAMPLE = { ...EXAMPLE_SHARE, receiver: EXAMPLE_OFFER.receiver, receiverName: 'Acme' };
const RECEIVED_EXAMPLE = {
  ...EXAMPLE_SHARE,
  grantor: '0192b6e2-0000-7000-8000-000000000003',
  grantorName: 'North Radio',
  copied: 0,
  copiedAt: null,
  error: null,
  withdrawnAt: null,
};

/** Offer, accept and end shares between workspaces. */
export function sharingRoutes({ sharing }: { readonly sharing: Sharing }): CoreRoute[] {
  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/shares/datasets',
        permission: 'sharing:read',
        summary: 'List what can be shared',
        responses: { 200: json(Datasets, 'Datasets of plugins.') },
      },
      async (c) => {
        const all = await sharing.datasets(tenantOf(c.var.principal));
        return c.json({ items: all.map(({ name, about, open }) => ({ name, open, ...about })) }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/shares',
        permission: 'sharing:manage',
        summary: 'Offer another workspace some of your data',
        request: { body: jsonBody(Offer) },
        responses: { 201: json(Given, 'Offered; nothing is copied before it is accepted.') },
        examples: { body: EXAMPLE_OFFER, response: GIVEN_EXAMPLE },
      },
      async (c) => {
        const { expiresAt, ...offer } = c.req.valid('json');
        const { principal } = c.var;
        const at = expiresAt === undefined ? undefined : new Date(expiresAt);
        const share = await sharing.offer(tenantOf(principal), { ...offer, expiresAt: at }, principal.actor);
        return c.json(toGiven(share), 201);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/shares',
        permission: 'sharing:read',
        summary: 'List what you share with others',
        responses: { 200: json(z.object({ items: z.array(Given) }), 'Newest first, at most 1,000.') },
        examples: { response: { items: [GIVEN_EXAMPLE] } },
      },
      async (c) => c.json({ items: (await sharing.given(tenantOf(c.var.principal))).map(toGiven) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/shares/{id}/revoke',
        permission: 'sharing:manage',
        summary: 'End a share that you gave',
        request: { params, body: jsonBody(z.object({ withdraw: z.boolean().default(false) })) },
        responses: { 200: json(Given, 'Ended. What was copied is removed when you withdraw it, by a job.') },
        examples: { body: { withdraw: true }, response: { ...GIVEN_EXAMPLE, state: 'revoked' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { withdraw } = c.req.valid('json');
        const { id } = c.req.valid('param');
        return c.json(toGiven(await sharing.revoke(tenantOf(principal), id, principal.actor, withdraw)), 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/shares/received',
        permission: 'sharing:read',
        summary: 'List what others share with you',
        responses: { 200: json(z.object({ items: z.array(Received) }), 'Newest first, at most 1,000.') },
        examples: { response: { items: [RECEIVED_EXAMPLE] } },
      },
      async (c) => c.json({ items: (await sharing.received(tenantOf(c.var.principal))).map(toReceived) }, 200),
    ),
    ...(['accept', 'decline'] as const).map((act) =>
      coreRoute(
        {
          ...TAGS,
          method: 'post',
          path: `/api/v1/shares/received/{id}/${act}`,
          permission: 'sharing:manage',
          summary: act === 'accept' ? 'Accept an offer and its terms' : 'Decline an offer',
          request: { params },
          responses: { 200: json(Received, act === 'accept' ? 'Copying begins.' : 'Declined.') },
          examples: { response: { ...RECEIVED_EXAMPLE, state: act === 'accept' ? 'active' : 'declined' } },
        },
        async (c) => {
          const { principal } = c.var;
          return c.json(
            toReceived(await sharing[act](tenantOf(principal), c.req.valid('param').id, principal.actor)),
            200,
          );
        },
      ),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/shares/received/{id}/leave',
        permission: 'sharing:manage',
        summary: 'End a share that you received',
        request: { params, body: jsonBody(z.object({ remove: z.boolean().default(false) })) },
        responses: { 200: json(Received, 'Ended. What was copied is removed if you say so, by a job.') },
        examples: { body: { remove: false }, response: { ...RECEIVED_EXAMPLE, state: 'left' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { remove } = c.req.valid('json');
        const { id } = c.req.valid('param');
        return c.json(toReceived(await sharing.leave(tenantOf(principal), id, principal.actor, remove)), 200);
      },
    ),
  ];
}

const moment = (at: Date | null): string | null => at?.toISOString() ?? null;
const common = (share: Share) => ({
  id: share.id,
  dataset: share.dataset,
  scope: { ...share.scope },
  summary: share.summary,
  terms: share.terms,
  withdrawable: share.withdrawable,
  state: share.state,
  expiresAt: moment(share.expiresAt),
  offeredAt: share.offeredAt.toISOString(),
  acceptedAt: moment(share.acceptedAt),
  endedAt: moment(share.endedAt),
});
const toGiven = (share: GivenShare) => ({
  ...common(share),
  receiver: share.receiver,
  receiverName: share.receiverName,
});
const toReceived = (share: ReceivedShare) => ({
  ...common(share),
  grantor: share.grantor,
  grantorName: share.grantorName,
  copied: share.copied,
  copiedAt: moment(share.copiedAt),
  error: share.error,
  withdrawnAt: moment(share.withdrawnAt),
});
