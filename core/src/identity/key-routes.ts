import { z } from '@hono/zod-openapi';
import { covers, ROLES, type Access } from '../access/index.ts';
import type { Audit, Witness } from '../audit/index.ts';
import { coreRoute, json, jsonBody, problem, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import { IdentityError } from './errors.ts';
import type { Identity } from './identity.ts';
import type { ApiKey } from './keys.ts';

const TAGS = { tags: ['Keys'] };
const instant = z.iso.datetime();
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });

const KeyJson = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['secret', 'write']),
    start: z.string().describe('The first characters, to tell keys apart.'),
    scopes: z.array(z.string()),
    role: z.enum(ROLES).describe('What its maker was; scopes never reach further.'),
    user: z
      .string()
      .nullable()
      .describe('Whose it is: it ends with their membership. null: the workspace has it, whoever comes and goes.'),
    createdBy: z.string(),
    createdAt: instant,
    expiresAt: instant.nullable(),
    lastUsedAt: instant.nullable(),
    status: z.enum(['active', 'expired', 'revoked']),
  })
  .openapi('ApiKey');
const IssuedJson = KeyJson.extend({ key: z.string().describe('Shown this once.') }).openapi('IssuedApiKey');
const KeyList = z.object({ items: z.array(KeyJson) }).openapi('ApiKeys');
const NewKeyJson = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    kind: z
      .enum(['secret', 'write'])
      .default('secret')
      .describe('A write key may stand in a web page; it only sends hits.'),
    scopes: z
      .array(z.string().max(100))
      .max(200)
      .default([])
      .describe('Permissions, or `<subject>:*`. A write key has its own.'),
    service: z
      .boolean()
      .default(false)
      .describe('A key of the workspace itself: it outlives the membership of its maker. Write keys always are.'),
    expiresAt: instant.optional(),
  })
  .openapi('NewApiKey');
const RotationJson = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(24 * 3600)
    .describe('How long the old key works on.'),
});

const EXAMPLE = {
  id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
  name: 'Nightly export',
  kind: 'secret',
  start: 'plk_Zq93',
  scopes: ['campaigns:read'],
  role: 'admin',
  user: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  createdBy: 'user:019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  createdAt: '2026-11-24T20:00:00.000Z',
  expiresAt: null,
  lastUsedAt: null,
  status: 'active',
} as const;

export interface KeyRouteDeps {
  readonly identity: Pick<Identity, 'keys'>;
  readonly access: Access;
  readonly audit: Pick<Audit, 'record'>;
}

/** API keys of a workspace. */
export function keyRoutes({ identity: { keys }, access, audit }: KeyRouteDeps): CoreRoute[] {
  const witness =
    (
      principal: Principal,
      what: string,
      detailsOf: (key: ApiKey) => object = () => ({}),
      target?: string,
    ): Witness<ApiKey> =>
    (tx, key) =>
      audit.record(tx, {
        tenant: tenantOf(principal),
        actor: principal.actor,
        action: `key.${what}`,
        target: `key:${target ?? key.id}`,
        details: { name: key.name, ...detailsOf(key) },
      });

  /** A key that a person's key makes is that person's too; one of the workspace makes keys of the workspace. */
  const personBehind = async (principal: Principal): Promise<string | undefined> => {
    const { kind, id } = principal.actor;
    if (kind === 'user') return id;
    return kind === 'key' ? ((await keys.find(tenantOf(principal), id)).user ?? undefined) : undefined;
  };

  /** Nobody gives a key what does not exist, or what they do not have. */
  const checkScopes = (scopes: readonly string[], role: ApiKey['role'], principal: Principal): void => {
    const known = access.permissions().filter(({ operator }) => !operator);
    for (const scope of scopes) {
      const covered = known.filter(({ name }) => covers(scope, name));
      if (covered.length === 0) throw IdentityError.scopeUnknown(scope);
      if (!covered.some(({ name }) => principal.can(name))) throw IdentityError.scopeBeyond(scope);
    }
    // `<subject>:*` may cover more than its maker has: a key that makes keys is held by scopes of its own.
    const { permissions } = access.abilityFor({ role, operator: false, scopes, user: { id: principal.actor.id } });
    const beyond = permissions.find((name) => !principal.can(name));
    if (beyond !== undefined) throw IdentityError.scopeBeyond(beyond);
  };

  return [
    coreRoute(
      {
        ...TAGS,
        method: 'get',
        path: '/api/v1/keys',
        permission: 'keys:read',
        summary: 'List the keys',
        responses: { 200: json(KeyList, 'Newest first, revoked and expired ones too.') },
        examples: { response: { items: [EXAMPLE] } },
      },
      async (c) => c.json({ items: (await keys.list(tenantOf(c.var.principal))).map(toJson) }, 200),
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/keys',
        permission: 'keys:manage',
        summary: 'Create a key',
        request: { body: jsonBody(NewKeyJson) },
        responses: { 201: json(IssuedJson, 'The key, shown this once.') },
        examples: {
          body: { name: 'Nightly export', scopes: ['campaigns:read'] },
          response: { ...EXAMPLE, key: 'plk_Zq93kfLs0vRt71LmQe5pWn2bYc8dHg4uAo6iXj1kTz0' },
        },
      },
      async (c) => {
        const { principal } = c.var;
        const { name, kind, scopes, service, expiresAt } = c.req.valid('json');
        const role = roleOf(principal);
        if (kind === 'secret') checkScopes(scopes, role, principal);
        const issued = await keys.create({
          tenant: tenantOf(principal),
          name,
          kind,
          scopes,
          role,
          user: service ? undefined : await personBehind(principal),
          by: byOf(principal),
          expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
          witness: witness(principal, 'created', (key) => ({
            kind,
            scopes: key.scopes,
            expiresAt: key.expiresAt,
            user: key.user,
          })),
        });
        return c.json({ ...toJson(issued.info), key: issued.key }, 201, NOT_KEPT);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'post',
        path: '/api/v1/keys/{id}/rotate',
        permission: 'keys:manage',
        summary: 'Exchange a key for a new one like it',
        request: { params, body: jsonBody(RotationJson) },
        responses: { 201: json(IssuedJson, 'The new key, shown this once.') },
        examples: { body: { overlapSeconds: 86_400 }, response: { ...EXAMPLE, key: 'plk_…' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { id } = c.req.valid('param');
        const old = await keys.find(tenantOf(principal), id);
        if (old.kind === 'secret') {
          // An owner's key does what only owners do, whatever its scopes.
          if (old.role === 'owner' && principal.role !== 'owner') throw IdentityError.ownersOnly();
          checkScopes(old.scopes, old.role, principal);
        }
        const overlapMs = c.req.valid('json').overlapSeconds * 1000;
        const issued = await keys.rotate(tenantOf(principal), id, {
          overlapMs,
          by: byOf(principal),
          witness: witness(principal, 'rotated', (key) => ({ replacedBy: key.id, overlapMs }), old.id),
        });
        return c.json({ ...toJson(issued.info), key: issued.key }, 201, NOT_KEPT);
      },
    ),
    coreRoute(
      {
        ...TAGS,
        method: 'delete',
        path: '/api/v1/keys/{id}',
        permission: 'keys:manage',
        summary: 'Revoke a key at once',
        request: { params },
        responses: { 200: json(KeyJson, 'The key, revoked.') },
        examples: { response: { ...EXAMPLE, status: 'revoked' } },
      },
      async (c) => {
        const { principal } = c.var;
        const { id } = c.req.valid('param');
        const revoked = await keys.revoke(tenantOf(principal), id, witness(principal, 'revoked'));
        return c.json(toJson(revoked), 200);
      },
    ),
  ];
}

const NOT_KEPT = { 'cache-control': 'no-store' };

const toJson = (key: ApiKey): z.infer<typeof KeyJson> => ({
  ...key,
  scopes: [...key.scopes],
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt?.toISOString() ?? null,
  lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
});

const byOf = ({ actor }: Principal): string => `${actor.kind}:${actor.id}`;

/** A key's maker has a role, or would not have come through `keys:manage`. */
function roleOf({ role }: Principal): ApiKey['role'] {
  const known = ROLES.find((one) => one === role);
  if (!known) throw problem(403, 'http.not_permitted', 'You may not do this');
  return known;
}
