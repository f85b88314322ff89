import { z } from '@hono/zod-openapi';
import type { Audit } from '../../audit/index.ts';
import {
  coreRoute,
  entityTag,
  json,
  jsonBody,
  tenantOf,
  versionSeen,
  withVersion,
  type CoreRoute,
  type Principal,
} from '../../http/index.ts';
import { FlagConfig } from './definition.ts';
import type { FlagAsker, FlagInfo, Flags } from './flags.ts';

const TAGS = { tags: ['Flags'] };
const OPERATOR = { ...TAGS, permission: 'operator' as const };
const param = (name: string) => ({ param: { name, in: 'path' as const } });
const params = z.object({
  owner: z
    .string()
    .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/, 'Is not the id of a plugin.')
    .openapi(param('owner')),
  name: z
    .string()
    .regex(/^[a-zA-Z][\w-]{0,59}$/, 'Is not the name of a flag.')
    .openapi(param('name')),
});
const inTenant = params.extend({ tenant: z.uuid().openapi(param('tenant')) });
const headers = z.object({ 'if-match': z.string().optional() });
const Value = z.union([z.boolean(), z.string()]).openapi('FlagValue');
// Made anew: the schema itself may have been made before it could be named in a document.
const Config = z.strictObject(FlagConfig.shape).openapi('FlagConfig');
const Flag = z
  .object({
    owner: z.string(),
    name: z.string(),
    type: z.enum(['boolean', 'variants']),
    variants: z.array(z.string()).optional(),
    default: Value,
    description: z.string(),
    override: z.enum(['operator', 'tenant']).describe('Who may decide for one workspace.'),
    config: Config,
    version: z.int(),
  })
  .openapi('Flag');
const Effective = z
  .object({
    owner: z.string(),
    name: z.string(),
    description: z.string(),
    override: z.enum(['operator', 'tenant']),
    value: Value,
    reason: z.enum(['killed', 'override', 'rule', 'configured', 'default']),
    rule: z.int().optional().describe('Which rule decided, from 0.'),
    trail: z.array(z.string()).describe('Why each rule that was looked at fits or does not.'),
    version: z.int().describe('Of the override; the ETag to change it with.'),
  })
  .openapi('EffectiveFlag');
const History = z
  .object({
    items: z.array(
      z.object({ version: z.int(), value: z.unknown(), changedAt: z.iso.datetime(), changedBy: z.string() }),
    ),
  })
  .openapi('FlagHistory');
const Override = z.strictObject({ value: Value.nullable().describe('null takes the override back.') });

const EXAMPLE_CONFIG = {
  killed: false,
  rules: [
    {
      name: 'Pilot',
      when: [{ attribute: 'tenant.plan' as const, is: ['pro'] }],
      percent: 10,
      by: 'tenant' as const,
      timeZone: 'UTC',
      value: true,
    },
  ],
};
const EXAMPLE = {
  owner: 'acme.models',
  name: 'newModel',
  type: 'boolean' as const,
  default: false,
  description: 'Use the second generation of the model.',
  override: 'operator' as const,
  config: EXAMPLE_CONFIG,
  version: 3,
};
const EFFECTIVE_EXAMPLE = {
  owner: 'acme.models',
  name: 'newModel',
  description: 'Use the second generation of the model.',
  override: 'operator' as const,
  value: true,
  reason: 'rule' as const,
  rule: 0,
  trail: ['rule 0 (Pilot): fits'],
  version: 0,
};

export interface FlagRouteDeps {
  readonly flags: Flags;
  readonly audit: Pick<Audit, 'record'>;
}

/** Flags: operators decide with rules, a workspace sees what holds for it and why. */
export function flagRoutes({ flags, audit }: FlagRouteDeps): CoreRoute[] {
  /** In the transaction of the change. */
  const witness =
    (
      { actor }: Principal,
      action: string,
      flag: string,
      details: Readonly<Record<string, unknown>> = {},
      tenant?: string,
      operator = true,
    ) =>
    (tx: Parameters<typeof audit.record>[0]) =>
      audit.record(tx, { ...(tenant && { tenant }), operator, actor, action, target: `flag:${flag}`, details });
  const effective = async (owner: string, name: string, asker: FlagAsker) => {
    const { description, override: who } = await flags.get(owner, name);
    const { value, reason, rule, trail = [], override } = await flags.explain(owner, name, asker);
    return {
      owner,
      name,
      description,
      override: who,
      value,
      reason,
      ...(rule !== undefined && { rule }),
      trail: [...trail],
      version: override.version,
    };
  };
  const setOverride = async (
    principal: Principal,
    tenant: string,
    owner: string,
    name: string,
    value: unknown,
    expected: number,
    operator: boolean,
  ) => {
    const within = witness(principal, 'flag.overridden', `${owner}/${name}`, { value }, tenant, operator);
    const by = byOf(principal);
    await withVersion('flags.changed', () =>
      flags.override(tenant, owner, name, value, { by, expected, operator, within }),
    );
    return effective(owner, name, { tenant });
  };

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/flags',
        permission: 'settings:read',
        summary: 'List what every flag is in the workspace, and why',
        responses: { 200: json(z.object({ items: z.array(Effective) }).openapi('EffectiveFlags'), 'For who asks.') },
        examples: { response: { items: [EFFECTIVE_EXAMPLE] } },
      },
      async (c) => {
        const asker = askerOf(c.var.principal);
        const all = await flags.list();
        return c.json({ items: await Promise.all(all.map(({ owner, name }) => effective(owner, name, asker))) }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/flags/{owner}/{name}',
        permission: 'settings:read',
        summary: 'Read what a flag is in the workspace, and why',
        request: { params },
        responses: { 200: json(Effective, 'For who asks.') },
        examples: { response: EFFECTIVE_EXAMPLE },
      },
      async (c) => {
        const { owner, name } = c.req.valid('param');
        const found = await effective(owner, name, askerOf(c.var.principal));
        return c.json(found, 200, { etag: entityTag(found.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/flags/{owner}/{name}',
        permission: 'settings:update',
        summary: 'Decide about a flag for the workspace',
        description: 'Only flags that leave it to workspaces. Send If-Match with the ETag that was read.',
        request: { params, headers, body: jsonBody(Override) },
        responses: { 200: json(Effective, 'What it is now.') },
        examples: {
          body: { value: true },
          response: { ...EFFECTIVE_EXAMPLE, override: 'tenant', reason: 'override', version: 1 },
        },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner, name } = c.req.valid('param');
        const found = await setOverride(
          principal,
          tenantOf(principal),
          owner,
          name,
          c.req.valid('json').value,
          versionSeen(c),
          false,
        );
        return c.json(found, 200, { etag: entityTag(found.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/flags/{owner}/{name}/history',
        permission: 'settings:read',
        summary: 'Read how the workspace decided about a flag',
        request: { params },
        responses: { 200: json(History, 'Newest first.') },
      },
      async (c) => {
        const { owner, name } = c.req.valid('param');
        await flags.get(owner, name);
        return c.json(
          { items: (await flags.overrideHistory(tenantOf(c.var.principal), owner, name)).map(toChange) },
          200,
        );
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/system/flags',
        summary: 'List the flags with their rules',
        responses: { 200: json(z.object({ items: z.array(Flag) }).openapi('Flags'), 'By owner and name.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => c.json({ items: (await flags.list()).map(toJson) }, 200),
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/system/flags/{owner}/{name}',
        summary: 'Read a flag with its rules',
        request: { params },
        responses: { 200: json(Flag, 'The flag.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const { owner, name } = c.req.valid('param');
        const found = await flags.get(owner, name);
        return c.json(toJson(found), 200, { etag: entityTag(found.version) });
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'put',
        path: '/api/v1/system/flags/{owner}/{name}',
        summary: 'Say what a flag is',
        description: 'Send If-Match with the ETag that was read. Every node goes by it within three seconds.',
        request: { params, headers, body: jsonBody(Config) },
        responses: { 200: json(Flag, 'The flag.') },
        examples: { body: EXAMPLE_CONFIG, response: EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner, name } = c.req.valid('param');
        const config = c.req.valid('json');
        const saved = await withVersion('flags.changed', () =>
          flags.configure(owner, name, config, {
            by: byOf(principal),
            expected: versionSeen(c),
            within: witness(principal, 'flag.configured', `${owner}/${name}`, {
              rules: config.rules.length,
              killed: config.killed,
            }),
          }),
        );
        return c.json(toJson(saved), 200, { etag: entityTag(saved.version) });
      },
    ),
    ...(['kill', 'revive'] as const).map((verb) =>
      coreRoute(
        {
          ...OPERATOR,
          method: 'post',
          path: `/api/v1/system/flags/{owner}/{name}/${verb}`,
          summary: verb === 'kill' ? 'Turn a flag off for everybody' : 'Let the rules of a flag hold again',
          request: { params },
          responses: { 200: json(Flag, 'The flag.') },
          examples: { response: { ...EXAMPLE, config: { ...EXAMPLE_CONFIG, killed: verb === 'kill' } } },
        },
        async (c) => {
          const { principal } = c.var;
          const { owner, name } = c.req.valid('param');
          const within = witness(principal, verb === 'kill' ? 'flag.killed' : 'flag.revived', `${owner}/${name}`);
          return c.json(toJson(await flags.kill(owner, name, verb === 'kill', { by: byOf(principal), within })), 200);
        },
      ),
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/system/flags/{owner}/{name}/history',
        summary: 'Read how a flag was changed',
        request: { params },
        responses: { 200: json(History, 'Newest first.') },
      },
      async (c) => {
        const { owner, name } = c.req.valid('param');
        await flags.get(owner, name);
        return c.json({ items: (await flags.history(owner, name)).map(toChange) }, 200);
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'get',
        path: '/api/v1/system/flags/{owner}/{name}/tenants/{tenant}',
        summary: 'Read what a flag is in a tenant, and why',
        request: { params: inTenant },
        responses: { 200: json(Effective, 'For what the system does there.') },
        examples: { response: EFFECTIVE_EXAMPLE },
      },
      async (c) => {
        const { owner, name, tenant } = c.req.valid('param');
        const found = await effective(owner, name, { tenant });
        return c.json(found, 200, { etag: entityTag(found.version) });
      },
    ),
    coreRoute(
      {
        ...OPERATOR,
        method: 'put',
        path: '/api/v1/system/flags/{owner}/{name}/tenants/{tenant}',
        summary: 'Decide about a flag for one tenant',
        description: 'Send If-Match with the ETag that was read.',
        request: { params: inTenant, headers, body: jsonBody(Override) },
        responses: { 200: json(Effective, 'What it is now.') },
        examples: { body: { value: true }, response: { ...EFFECTIVE_EXAMPLE, reason: 'override', version: 1 } },
      },
      async (c) => {
        const { owner, name, tenant } = c.req.valid('param');
        const found = await setOverride(
          c.var.principal,
          tenant,
          owner,
          name,
          c.req.valid('json').value,
          versionSeen(c),
          true,
        );
        return c.json(found, 200, { etag: entityTag(found.version) });
      },
    ),
  ];
}

const toJson = ({ variants, ...flag }: FlagInfo) => ({ ...flag, ...(variants && { variants: [...variants] }) });
const toChange = <T extends { readonly changedAt: Date }>(change: T) => ({
  ...change,
  changedAt: change.changedAt.toISOString(),
});
const byOf = ({ actor }: Principal): string => `${actor.kind}:${actor.id}`;
const askerOf = (principal: Principal): FlagAsker => ({
  tenant: tenantOf(principal),
  actor: principal.actor,
  ...(principal.role && { role: principal.role }),
});
