import { z } from '@hono/zod-openapi';
import { ROLES } from '../access/index.ts';
import type { Audit, Witness } from '../audit/index.ts';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';
import type { Invitation } from './invitations.ts';

const TAGS = { tags: ['Members'] };
const instant = z.iso.datetime();
const role = z.enum(ROLES);
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const InvitationJson = z
  .object({ id: z.uuid(), email: z.string(), role, invitedBy: z.string(), createdAt: instant, expiresAt: instant })
  .openapi('Invitation');
const SentJson = InvitationJson.extend({
  link: z.url().describe('Shown this once: send it to that address. It can be used one time.'),
}).openapi('NewInvitation');
const List = z.object({ items: z.array(InvitationJson) }).openapi('Invitations');
const EXAMPLE = {
  id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
  email: 'grace@acme.example',
  role: 'analyst',
  invitedBy: 'user:019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  createdAt: '2026-11-24T20:00:00.000Z',
  expiresAt: '2026-12-01T20:00:00.000Z',
} as const;

export interface InvitationRouteDeps {
  readonly identity: Pick<Identity, 'invite' | 'invitations' | 'publicUrl'>;
  readonly audit: Pick<Audit, 'record'>;
}

/** Asking people to join a workspace, whether they have an account or not. */
export function invitationRoutes({ identity, audit }: InvitationRouteDeps): CoreRoute[] {
  const witness =
    ({ actor }: Principal, what: string): Witness<Invitation> =>
    (tx, { id, tenant, email, role: as }) =>
      audit.record(tx, {
        tenant,
        actor,
        action: `invitation.${what}`,
        target: `invitation:${id}`,
        details: { email, role: as },
      });

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/invitations',
        permission: 'members:read',
        summary: 'List open invitations',
        responses: { 200: json(List, 'Newest first.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => c.json({ items: (await identity.invitations.list(tenantOf(c.var.principal))).map(toJson) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/invitations',
        permission: 'members:manage',
        summary: 'Invite somebody',
        description: 'Replaces an older invitation to the same address.',
        request: { body: jsonBody(z.strictObject({ email: z.string().max(254), role })) },
        responses: { 201: json(SentJson, 'The invitation and its link.') },
        examples: {
          body: { email: 'grace@acme.example', role: 'analyst' },
          response: { ...EXAMPLE, link: 'https://podlift.example/join?token=…' },
        },
      },
      async (c) => {
        const { principal } = c.var;
        const { email, role: as } = c.req.valid('json');
        if (as === 'owner' && principal.role !== 'owner') throw IdentityError.ownersOnly();
        const by = `${principal.actor.kind}:${principal.actor.id}`;
        const { invitation, token } = await identity.invite({
          tenant: tenantOf(principal),
          email,
          role: as,
          by,
          witness: witness(principal, 'created'),
        });
        return c.json({ ...toJson(invitation), link: `${identity.publicUrl}/join?token=${token}` }, 201, {
          'cache-control': 'no-store',
        });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'delete',
        path: '/api/v1/invitations/{id}',
        permission: 'members:manage',
        summary: 'Take an invitation back',
        request: { params },
        responses: { 204: { description: 'Its link opens nothing any more.' } },
      },
      async (c) => {
        const { principal } = c.var;
        await identity.invitations.revoke(tenantOf(principal), c.req.valid('param').id, witness(principal, 'revoked'));
        return c.body(null, 204);
      },
    ),
  ];
}

const toJson = ({
  id,
  email,
  role: as,
  invitedBy,
  createdAt,
  expiresAt,
}: Invitation): z.infer<typeof InvitationJson> => ({
  id,
  email,
  role: as,
  invitedBy,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});
