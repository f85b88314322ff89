import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import {
  coreRoute,
  entityTag,
  json,
  jsonBody,
  problem,
  tenantOf,
  versionSeen,
  withVersion,
  type CoreRoute,
  type Principal,
} from '../http/index.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

const TAGS = { tags: ['Settings'] };
const OWNER = z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/, 'Is not the id of a plugin.');
const params = z.object({ owner: OWNER.openapi({ param: { name: 'owner', in: 'path' } }) });
const secretParams = params.extend({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'Has letters, digits, dots, hyphens and underscores, at most 64.')
    .openapi({ param: { name: 'name', in: 'path' } }),
});
const headers = z.object({ 'if-match': z.string().optional() });
const Value = z.record(z.string(), z.unknown());
const History = z
  .object({
    items: z.array(z.object({ version: z.int(), value: Value, changedAt: z.iso.datetime(), changedBy: z.string() })),
  })
  .openapi('SettingsHistory');
const SecretList = z
  .object({
    items: z.array(
      z.object({ owner: z.string(), name: z.string(), updatedAt: z.iso.datetime(), updatedBy: z.string() }),
    ),
  })
  .openapi('SecretList');
const EXAMPLE = { halfLifeDays: 7 };

export interface SettingsRouteDeps {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly audit: Pick<Audit, 'record'>;
}

/** Settings and secrets of plugins in a workspace. A secret can be set and removed, and is never shown again. */
export function settingsRoutes({ settings, secrets, audit }: SettingsRouteDeps): CoreRoute[] {
  const record = (principal: Principal, action: string, target: string, details = {}) =>
    audit.record(null, { tenant: tenantOf(principal), actor: principal.actor, action, target, details });

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/settings/{owner}',
        permission: 'settings:read',
        summary: 'Read the settings of a plugin',
        request: { params },
        responses: { 200: json(Value, 'The settings, with defaults.') },
        examples: { response: EXAMPLE },
      },
      async (c) => {
        const { value, version } = await settings.get(tenantOf(c.var.principal), c.req.valid('param').owner);
        return c.json({ ...value }, 200, { etag: entityTag(version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/settings/{owner}',
        permission: 'settings:update',
        summary: 'Save the settings of a plugin',
        description: 'Send If-Match with the ETag that was read. What is left out becomes its default.',
        request: { params, headers, body: jsonBody(Value) },
        responses: { 200: json(Value, 'The settings.') },
        examples: { body: EXAMPLE, response: EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner } = c.req.valid('param');
        const options = { by: byOf(principal), expected: versionSeen(c) };
        const saved = await withVersion('settings.changed', () =>
          settings.set(tenantOf(principal), owner, c.req.valid('json'), options),
        );
        await record(principal, 'settings.changed', `settings:${owner}`, { version: saved.version });
        return c.json({ ...saved.value }, 200, { etag: entityTag(saved.version) });
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/settings/{owner}/history',
        permission: 'settings:read',
        summary: 'Read how the settings of a plugin were changed',
        request: { params },
        responses: { 200: json(History, 'Newest first.') },
      },
      async (c) => {
        const changes = await settings.history(tenantOf(c.var.principal), c.req.valid('param').owner);
        const items = changes.map((one) => ({
          ...one,
          value: { ...one.value },
          changedAt: one.changedAt.toISOString(),
        }));
        return c.json({ items }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/secrets/{owner}',
        permission: 'settings:read',
        summary: 'List which secrets of a plugin are set',
        request: { params },
        responses: { 200: json(SecretList, 'Names only.') },
      },
      async (c) => {
        const kept = await secrets.list(tenantOf(c.var.principal), c.req.valid('param').owner);
        return c.json({ items: kept.map((one) => ({ ...one, updatedAt: one.updatedAt.toISOString() })) }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/secrets/{owner}/{name}',
        permission: 'settings:update',
        summary: 'Set a secret of a plugin',
        request: { params: secretParams, body: jsonBody(z.strictObject({ value: z.string().min(1).max(16_384) })) },
        responses: { 204: { description: 'It is kept sealed.' } },
        examples: { body: { value: 'the token of the connected account' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner, name } = c.req.valid('param');
        await secrets.put(tenantOf(principal), owner, name, c.req.valid('json').value, byOf(principal));
        await record(principal, 'secret.set', `secret:${owner}/${name}`);
        return c.body(null, 204);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'delete',
        path: '/api/v1/secrets/{owner}/{name}',
        permission: 'settings:update',
        summary: 'Remove a secret of a plugin',
        request: { params: secretParams },
        responses: { 204: { description: 'It is gone.' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner, name } = c.req.valid('param');
        if (!(await secrets.delete(tenantOf(principal), owner, name)))
          throw problem(404, 'secrets.unknown', 'There is no such secret');
        await record(principal, 'secret.removed', `secret:${owner}/${name}`);
        return c.body(null, 204);
      },
    ),
  ];
}

const byOf = ({ actor }: Principal): string => `${actor.kind}:${actor.id}`;
