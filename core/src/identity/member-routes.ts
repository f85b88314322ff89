import { z } from '@hono/zod-openapi';
import { ROLES } from '../access/index.ts';
import type { Audit, Witness } from '../audit/index.ts';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';
import type { Member } from './members.ts';

const TAGS = { tags: ['Members'] };
const params = z.object({
  userId: z
    .string()
    .max(64)
    .openapi({ param: { name: 'userId', in: 'path' } }),
});
const role = z.enum(ROLES);
const MemberJson = z
  .object({ userId: z.string(), email: z.string(), name: z.string(), role, since: z.iso.datetime() })
  .openapi('Member');
const MemberList = z.object({ items: z.array(MemberJson) }).openapi('Members');
const EXAMPLE = {
  userId: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  email: 'ada@acme.example',
  name: 'Ada',
  role: 'analyst',
  since: '2026-11-24T20:00:00.000Z',
} as const;

export interface MemberRouteDeps {
  readonly identity: Pick<Identity, 'members'>;
  readonly audit: Pick<Audit, 'record'>;
  /** Whether people register by themselves, and so with any address. */
  readonly signUp: boolean;
}

/** Who belongs to a workspace. Only an owner makes, changes or removes an owner. */
export function memberRoutes({ identity: { members }, audit, signUp }: MemberRouteDeps): CoreRoute[] {
  /** Told of the member as it was before the change. */
  const witness =
    (principal: Principal, what: string, detailsOf: (before: Member) => object): Witness<Member> =>
    (tx, member) =>
      audit.record(tx, {
        tenant: tenantOf(principal),
        actor: principal.actor,
        action: `member.${what}`,
        target: `user:${member.userId}`,
        details: { ...detailsOf(member) },
      });
  const find = async (principal: Principal, userId: string): Promise<Member> => {
    const member = await members.find(tenantOf(principal), userId);
    if (!member) throw IdentityError.unknownMember();
    return member;
  };

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/members',
        permission: 'members:read',
        summary: 'List the members',
        responses: { 200: json(MemberList, 'By e-mail address.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => c.json({ items: (await members.list(tenantOf(c.var.principal))).map(toJson) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/members',
        permission: 'members:manage',
        summary: 'Add somebody who has an account',
        request: { body: jsonBody(z.strictObject({ email: z.string().max(254), role })) },
        responses: { 201: json(MemberJson, 'The new member.') },
        examples: { body: { email: 'ada@acme.example', role: 'analyst' }, response: EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const { email, role: given } = c.req.valid('json');
        if (signUp) throw IdentityError.inviteInstead();
        if (given === 'owner') ownersOnly(principal);
        const row = witness(principal, 'added', () => ({ role: given }));
        const member = await members.addByAddress(tenantOf(principal), email, given, row);
        return c.json(toJson(member), 201);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/members/{userId}',
        permission: 'members:manage',
        summary: 'Change what a member is',
        request: { params, body: jsonBody(z.strictObject({ role })) },
        responses: { 200: json(MemberJson, 'The member.') },
        examples: { body: { role: 'viewer' }, response: { ...EXAMPLE, role: 'viewer' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { role: given } = c.req.valid('json');
        const before = await find(principal, c.req.valid('param').userId);
        if (given === 'owner' || before.role === 'owner') ownersOnly(principal);
        const row = witness(principal, 'role_changed', ({ role: from }) => ({ from, to: given }));
        const member = await members.setRole(tenantOf(principal), before.userId, given, row);
        return c.json(toJson(member), 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'delete',
        path: '/api/v1/members/{userId}',
        permission: 'members:manage',
        summary: 'Remove a member',
        request: { params },
        responses: { 204: { description: 'They belong to the workspace no more; their account stays.' } },
      },
      async (c) => {
        const { principal } = c.var;
        const before = await find(principal, c.req.valid('param').userId);
        if (before.role === 'owner') ownersOnly(principal);
        const row = witness(principal, 'removed', ({ role: was }) => ({ role: was }));
        await members.remove(tenantOf(principal), before.userId, row);
        return c.body(null, 204);
      },
    ),
  ];
}

const toJson = (member: Member): z.infer<typeof MemberJson> => ({ ...member, since: member.since.toISOString() });

function ownersOnly({ role: own }: Principal): void {
  if (own !== 'owner') throw IdentityError.ownersOnly();
}
