import { z } from '@hono/zod-openapi';
import type { Audit, Witness } from '../audit/index.ts';
import { coreRoute, entityTag, json, jsonBody, type CoreRoute } from '../http/index.ts';
import { FREE, TENANT_EXAMPLE, TenantJson, toTenantJson, UNLIMITED, type Tenant } from '../tenancy/index.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';

const NewTenantJson = z
  .strictObject({
    slug: z.string().optional().describe('The name in addresses; suggested by the name when left out.'),
    name: z.string().trim().min(1).max(100),
    plan: z.string().optional().describe('Operators only.'),
    owner: z
      .string()
      .max(254)
      .optional()
      .describe('E-mail address of the first owner, who has an account; whoever asks when left out. Operators only.'),
  })
  .openapi('NewTenant');

export interface NewTenantRouteDeps {
  readonly identity: Pick<Identity, 'createWorkspace'>;
  readonly audit: Pick<Audit, 'record'>;
  /** Whether people make workspaces by themselves. */
  readonly signUp: boolean;
}

/** A new tenant: by an operator for anybody, or, where the installation lets them, by a person for themselves on the free plan. */
export const newTenantRoute = ({ identity, audit, signUp }: NewTenantRouteDeps): CoreRoute =>
  coreRoute(
    {
      tags: ['Tenants'],
      method: 'post',
      path: '/api/v1/tenants',
      permission: 'signed-in',
      tenant: 'none',
      summary: 'Create a tenant',
      description: 'For operators; for everybody who is signed in where self-service sign-up is on.',
      request: { body: jsonBody(NewTenantJson) },
      responses: { 201: json(TenantJson, 'The new tenant.') },
      examples: { body: { slug: 'acme-audio', name: 'Acme Audio', plan: 'pro' }, response: TENANT_EXAMPLE },
    },
    async (c) => {
      const { actor, operator } = c.var.principal;
      const { name, slug, plan, owner } = c.req.valid('json');
      if (!operator && (!signUp || actor.kind !== 'user' || plan !== undefined || owner !== undefined))
        throw IdentityError.signUpClosed();
      const choice = operator ? (plan ?? UNLIMITED) : FREE;
      const witness: Witness<Tenant> = (tx, made) =>
        audit.record(tx, {
          tenant: made.id,
          operator,
          actor,
          action: 'tenant.created',
          target: `tenant:${made.id}`,
          details: { slug: made.slug, name, plan: made.plan, ...(owner && { owner }) },
        });
      const tenant = await identity.createWorkspace(owner ?? actor.id, { name, plan: choice, slug, witness });
      return c.json(toTenantJson(tenant), 201, { etag: entityTag(tenant.version) });
    },
  );
