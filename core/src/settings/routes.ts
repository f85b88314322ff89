import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import {
  coreRoute,
  decodeCursor,
  encodeCursor,
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
import type { Queryable } from '../data/index.ts';
import type { Secrets } from './secrets.ts';
import type { SaveOptions, Settings } from './settings.ts';

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
    next: z.string().nullable(),
  })
  .openapi('SettingsHistory');
const SecretList = z
  .object({
    items: z.array(
      z.object({ owner: z.string(), name: z.string(), updatedAt: z.iso.datetime(), updatedBy: z.string() }),
    ),
    missing: z.array(z.string()).describe('Names that the plugin declares and that are not set.'),
  })
  .openapi('SecretList');
const EXAMPLE = { halfLifeDays: 7 };
const PAGE = 50;

export interface SettingsRouteDeps {
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly audit: Pick<Audit, 'record'>;
}

/** Settings and secrets of plugins in a workspace. A secret can be set and removed, and is never shown again. */
export function settingsRoutes({ settings, secrets, audit }: SettingsRouteDeps): CoreRoute[] {
  /** In the transaction of the change itself: neither is kept without the other. */
  const record = (tx: Queryable, principal: Principal, action: string, target: string, details = {}) =>
    audit.record(tx, { tenant: tenantOf(principal), actor: principal.actor, action, target, details });

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
        const options: SaveOptions = {
          by: byOf(principal),
          expected: versionSeen(c),
          within: (tx, { version }) => record(tx, principal, 'settings.changed', `settings:${owner}`, { version }),
        };
        const saved = await withVersion('settings.changed', () =>
          settings.set(tenantOf(principal), owner, c.req.valid('json'), options),
        );
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
        request: { params, query: z.object({ cursor: z.string().optional() }) },
        responses: { 200: json(History, 'Newest first.') },
      },
      async (c) => {
        const { cursor } = c.req.valid('query');
        const before = cursor === undefined ? undefined : decodeCursor(z.int().positive(), cursor);
        const { owner } = c.req.valid('param');
        const changes = await settings.history(tenantOf(c.var.principal), owner, PAGE + 1, before);
        const items = changes.slice(0, PAGE).map((one) => ({
          ...one,
          value: { ...one.value },
          changedAt: one.changedAt.toISOString(),
        }));
        const last = changes.length > PAGE ? items.at(-1) : undefined;
        return c.json({ items, next: last ? encodeCursor(last.version) : null }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/settings/{owner}/restore',
        permission: 'settings:update',
        summary: 'Go back to what the settings of a plugin were',
        description:
          'Saves what an earlier version said as a new version. Send If-Match with the ETag that was read. What is no longer allowed is refused field by field.',
        request: { params, headers, body: jsonBody(z.strictObject({ version: z.int().positive() })) },
        responses: { 200: json(Value, 'The settings.') },
        examples: { body: { version: 3 }, response: EXAMPLE },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner } = c.req.valid('param');
        const { version: from } = c.req.valid('json');
        const options: SaveOptions = {
          by: byOf(principal),
          expected: versionSeen(c),
          within: (tx, { version }) =>
            record(tx, principal, 'settings.restored', `settings:${owner}`, { from, version }),
        };
        const saved = await withVersion('settings.changed', () =>
          settings.restore(tenantOf(principal), owner, from, options),
        );
        return c.json({ ...saved.value }, 200, { etag: entityTag(saved.version) });
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
        const { owner } = c.req.valid('param');
        const declared = secrets.declared(owner);
        const kept = await secrets.list(tenantOf(c.var.principal), owner);
        const items = kept.map((one) => ({ ...one, updatedAt: one.updatedAt.toISOString() }));
        const missing = declared.filter((name) => !kept.some((one) => one.name === name));
        return c.json({ items, missing }, 200);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'put',
        path: '/api/v1/secrets/{owner}/{name}',
        permission: 'settings:update',
        summary: 'Set a secret of a plugin',
        description: 'Only names that the plugin declares. It is kept sealed, and no route shows it again.',
        request: { params: secretParams, body: jsonBody(z.strictObject({ value: z.string().min(1).max(16_384) })) },
        responses: { 204: { description: 'It is kept sealed.' } },
        examples: { body: { value: 'the token of the connected account' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { owner, name } = c.req.valid('param');
        secrets.declared(owner, name);
        await secrets.put(tenantOf(principal), owner, name, c.req.valid('json').value, byOf(principal), (tx) =>
          record(tx, principal, 'secret.set', `secret:${owner}/${name}`),
        );
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
        if (isOfHost(owner)) throw problem(404, 'secrets.unknown', 'There is no such secret');
        // Also one that its plugin no longer declares.
        const removed = await secrets.delete(tenantOf(principal), owner, name, (tx) =>
          record(tx, principal, 'secret.removed', `secret:${owner}/${name}`),
        );
        if (!removed) throw problem(404, 'secrets.unknown', 'There is no such secret');
        return c.body(null, 204);
      },
    ),
  ];
}

/** What rooms of the host keep sealed for their own work is nobody's to remove. */
const isOfHost = (owner: string): boolean => owner === 'core' || owner.startsWith('core.');

const byOf = ({ actor }: Principal): string => `${actor.kind}:${actor.id}`;
