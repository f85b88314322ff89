import { z } from '@hono/zod-openapi';
import { ROLE_TITLES, ROLES, type Access } from '../access/index.ts';
import { coreRoute, json, type CoreRoute } from '../http/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import { languagesOf } from './account-letters.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';

const Me = z
  .object({
    actor: z.object({ kind: z.enum(['user', 'key', 'system', 'anonymous']), id: z.string() }),
    user: z.object({ id: z.string(), email: z.string(), name: z.string() }).nullable(),
    operator: z.boolean().describe('Runs the installation.'),
    tenant: z.object({ id: z.string(), slug: z.string() }).nullable().describe('The tenant of this request.'),
    role: z.string().nullable().describe('The role there.'),
    permissions: z.array(z.string()).describe('What may be done there.'),
    tenants: z
      .array(z.object({ id: z.string(), slug: z.string(), name: z.string(), status: z.string(), role: z.string() }))
      .describe('Where this person or key belongs.'),
  })
  .openapi('Me');

const Roles = z
  .object({
    roles: z.array(z.object({ id: z.enum(ROLES), title: z.string(), permissions: z.array(z.string()) })),
    permissions: z.array(z.object({ name: z.string(), title: z.string(), owner: z.string() })),
  })
  .openapi('Roles');

export interface MeRouteDeps {
  readonly identity: Pick<Identity, 'authenticate' | 'resolvePrincipal' | 'letters' | 'trail'>;
  readonly tenancy: Pick<Tenancy, 'byId'>;
  readonly access: Access;
}

/** Who am I, where do I belong, what may I do; and what roles there are. */
export function meRoutes({ identity, tenancy, access }: MeRouteDeps): CoreRoute[] {
  return [
    coreRoute(
      {
        tags: ['Me'],
        method: 'get',
        path: '/api/v1/me',
        permission: 'signed-in',
        summary: 'Read who is asking and what they may do',
        responses: { 200: json(Me, 'With Podlift-Tenant, the role and permissions in that tenant.') },
        examples: {
          response: {
            actor: { kind: 'user', id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f' },
            user: { id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f', email: 'ada@acme.example', name: 'Ada' },
            operator: false,
            tenant: { id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e', slug: 'acme-audio' },
            role: 'viewer',
            permissions: ['tenant:read', 'settings:read'],
            tenants: [
              {
                id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
                slug: 'acme-audio',
                name: 'Acme Audio',
                status: 'active',
                role: 'viewer',
              },
            ],
          },
        },
      },
      async (c) => {
        // The pipeline checked the same credential a moment ago; its own type is known here only.
        const who = await identity.authenticate(c.req.raw);
        const { tenant, actor, operator, role } = c.var.principal;
        const ability = who && (await identity.resolvePrincipal(who, tenant))?.ability;
        const roleByTenant =
          who?.kind === 'session' ? Object.entries(who.memberships) : who ? [[who.tenantId, who.role] as const] : [];
        const found = await Promise.all(
          roleByTenant.map(async ([id, own]) => ({ tenant: await tenancy.byId(id), role: own })),
        );
        return c.json(
          {
            actor,
            user: who?.kind === 'session' ? who.user : null,
            operator,
            tenant: tenant ? { id: tenant.id, slug: tenant.slug } : null,
            role: role ?? null,
            permissions: [...(ability?.permissions ?? [])],
            tenants: found.flatMap(({ tenant: one, role: own }) =>
              one && one.status !== 'purging'
                ? [{ id: one.id, slug: one.slug, name: one.name, status: one.status, role: own }]
                : [],
            ),
          },
          200,
          { 'cache-control': 'no-store' },
        );
      },
    ),
    coreRoute(
      {
        tags: ['Me'],
        method: 'post',
        path: '/api/v1/me/confirmation',
        permission: 'signed-in',
        summary: 'Send the letter that confirms the own address once more',
        description: 'At most three an hour. Nothing is sent when the address is confirmed already.',
        responses: { 202: json(z.object({ sent: z.literal(true) }), 'It is on its way, unless it is not needed.') },
        examples: { response: { sent: true } },
      },
      async (c) => {
        const who = await identity.authenticate(c.req.raw);
        if (who?.kind !== 'session') throw IdentityError.onlyPeople();
        if (!identity.letters.open) throw IdentityError.noMail();
        await identity.letters.askAgain(who.user, languagesOf(c.req.header('accept-language')));
        await identity.trail.did(who.user.id, 'user.confirmation_asked');
        return c.json({ sent: true as const }, 202);
      },
    ),
    coreRoute(
      {
        tags: ['Me'],
        method: 'get',
        path: '/api/v1/roles',
        permission: 'signed-in',
        summary: 'List roles and permissions',
        responses: { 200: json(Roles, 'Permissions of core and of the plugins that are loaded.') },
      },
      (c) => {
        const roles = ROLES.map((id) => ({
          id,
          title: ROLE_TITLES[id],
          permissions: [...access.abilityFor({ role: id, operator: false, user: { id: '' } }).permissions],
        }));
        const permissions = access
          .permissions()
          .filter(({ operator }) => !operator)
          .map(({ name, title, owner }) => ({ name, title, owner }));
        return c.json({ roles, permissions }, 200);
      },
    ),
  ];
}
