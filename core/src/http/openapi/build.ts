import type { PluginDocument } from '../doors.ts';
import { prefixComponents } from './components.ts';
import { isObject, METHODS, objectAt, textAt, type JsonObject, type OpenApiDocument } from './document.ts';

/** What is said of the whole. */
export interface DocumentInfo {
  readonly version: string;
  readonly url: string;
}

const PROBLEM: JsonObject = {
  type: 'object',
  description: 'Problem details as of RFC 9457.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', description: 'Names the kind of problem.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Tell problems apart by this.' },
    detail: { type: 'string', description: 'What happened this time.' },
    errors: {
      type: 'array',
      description: 'Each wrong field.',
      items: {
        type: 'object',
        properties: { in: { type: 'string' }, path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    details: { description: 'More, by code.' },
    requestId: { type: 'string', description: 'Finds the line in the log.' },
  },
};

const SHARED: Readonly<Record<string, JsonObject>> = {
  schemas: { Problem: PROBLEM },
  responses: {
    Problem: {
      description: 'A problem.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
  parameters: {
    Tenant: {
      name: 'Podlift-Tenant',
      in: 'header',
      required: false,
      description: "Slug or id of the tenant. Not needed at the tenant's own host name, nor with a key.",
      schema: { type: 'string' },
    },
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'A fresh UUID. A repeat with the same key and body within a day gets the first answer again.',
      schema: { type: 'string', maxLength: 255 },
    },
  },
  securitySchemes: {
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: 'podlift.session_token',
      description: 'A browser that is signed in.',
    },
    key: { type: 'http', scheme: 'bearer', description: 'A key of a tenant: plk_… or, for ingest, plw_….' },
  },
};

/** One document of core's routes and those of every plugin: what `/openapi.json` answers and the reference shows. */
export function buildDocument(
  core: OpenApiDocument,
  plugins: readonly PluginDocument[],
  info: DocumentInfo,
): OpenApiDocument {
  const own = {
    ...core,
    paths: mapOperations(core.paths ?? {}, (operation, path) => complete(operation, coreTag(path))),
  };
  const others = plugins.map(({ plugin, title, document }) => {
    const prefixed = prefixComponents(document, plugin);
    return {
      ...prefixed,
      paths: mapOperations(prefixed.paths ?? {}, (operation) => complete(operation, title, plugin)),
    };
  });
  const all = [own, ...others];
  const kinds = new Set([...Object.keys(SHARED), ...all.flatMap(({ components = {} }) => Object.keys(components))]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Podlift',
      version: info.version,
      description: 'Which ad, on which show, brought which customer.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: info.url }],
    security: [{ session: [] }, { key: [] }],
    tags: tagsOf(own, plugins),
    paths: Object.assign({}, ...all.map(({ paths }) => paths)) as Record<string, JsonObject>,
    components: Object.fromEntries(
      [...kinds].map((kind) => [
        kind,
        Object.assign({}, ...[...all, { components: SHARED }].map(({ components }) => components?.[kind] ?? {})),
      ]),
    ) as Record<string, JsonObject>,
  };
}

function tagsOf(own: OpenApiDocument, plugins: readonly PluginDocument[]): { name: string; description?: string }[] {
  const names = Object.values(own.paths ?? {}).flatMap((item) =>
    METHODS.flatMap((method) => {
      const tags = objectAt(item, method)['tags'];
      return Array.isArray(tags) ? tags.map(String) : [];
    }),
  );
  return [
    ...[...new Set(names)].sort().map((name) => ({ name })),
    ...plugins.map(({ title, description }) => ({ name: title, ...(description !== undefined && { description }) })),
  ];
}

type Paths = Readonly<Record<string, JsonObject>>;

const mapOperations = (paths: Paths, change: (operation: JsonObject, path: string) => JsonObject): Paths =>
  Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([name, value]) =>
          isObject(value) && METHODS.some((method) => method === name)
            ? [name, change({ ...value, 'x-method': name }, path)]
            : [name, value],
        ),
      ),
    ]),
  );

/** `/api/v1/tenants/{id}` belongs to Tenants, `/api/v1/system/plugins` to System. */
function coreTag(path: string): string {
  const [word = 'installation'] = path
    .replace(/^\/api\/v\d+\//, '')
    .split('/')
    .filter(Boolean);
  return word.charAt(0).toUpperCase() + word.slice(1).replaceAll('-', ' ');
}

/** An operation with what every one has: a tag, who may call it, common headers, the problem it may answer with. */
function complete(given: JsonObject, tag: string, plugin?: string): JsonObject {
  const { 'x-method': method, 'x-examples': examples, ...declared } = given;
  const operation = withExamples(declared, examples);
  const permission = textAt(operation, 'x-permission') ?? 'public';
  const tenantless = permission === 'operator' || operation['x-tenant'] === 'none';
  const own = Array.isArray(operation['parameters'])
    ? operation['parameters'].filter((one) => !isTenantHeader(one))
    : [];
  const shared = [
    ...(tenantless ? [] : ['Tenant']),
    ...(method === 'post' && !tenantless && permission !== 'public' ? ['IdempotencyKey'] : []),
  ];
  return {
    ...operation,
    tags: [tag],
    ...(plugin !== undefined && { 'x-plugin': plugin }),
    security: permission === 'public' ? [] : [{ session: [] }, { key: [] }],
    parameters: [...own, ...shared.map((name) => ({ $ref: `#/components/parameters/${name}` }))],
    responses: { ...objectAt(operation, 'responses'), default: { $ref: '#/components/responses/Problem' } },
  };
}

const isTenantHeader = (parameter: unknown): boolean => textAt(parameter, 'name')?.toLowerCase() === 'podlift-tenant';

/** Puts the examples of a core route where OpenAPI wants them. */
function withExamples(operation: JsonObject, examples: unknown): JsonObject {
  if (!isObject(examples)) return operation;
  const put = (holder: JsonObject, example: unknown): JsonObject => ({
    ...holder,
    content: Object.fromEntries(
      Object.entries(objectAt(holder, 'content')).map(([type, media]) => [type, { ...Object(media), example }]),
    ),
  });
  const responses = objectAt(operation, 'responses');
  const good = Object.keys(responses).find((status) => status.startsWith('2'));
  return {
    ...operation,
    ...('body' in examples && { requestBody: put(objectAt(operation, 'requestBody'), examples['body']) }),
    ...('response' in examples &&
      good !== undefined && {
        responses: { ...responses, [good]: put(objectAt(responses, good), examples['response']) },
      }),
  };
}
