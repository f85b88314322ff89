import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { HOSTILE_TEXTS, hostileBodies, mutations } from './testing/hostile.ts';
import type { Product } from './testing/product.ts';
import { fingerprint } from './testing/rows.ts';
import { operationsOf, type Operation } from './testing/walk.ts';

const SLOW = 240_000;
const PASSWORD = 'the horse of the staple 7';
const BODY_LIMIT = 100_000;
/** Moved by the product itself while nobody asks anything: clocks, queues, meters and the record of refusals. */
const MOVES_BY_ITSELF =
  /^(?:jobs\.|auth\.(?:session|rate|verification|apikey)|core\.(?:audit|keyring_node|operator_audit|plugin|node|job|cron|lease|event\b|event_(?:progress|cursor|slot|pending|position|subscriber)|usage|meter|idempotency|migration|subscriber|backup|api_key|search_rebuild)|p_\w+_(?:mark|day|quarter)$)/;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

/** Every operation of the document, so a new route is attacked because it exists. */
describe('an attack over every route', () => {
  let database: OwnDatabase;
  let home: Home;
  let product: Product;
  let operations: Operation[];
  let owner: Record<string, string>;
  let viewer: Record<string, string>;
  let narrow: Record<string, string>;
  let addresses = 0;

  const ask = async (
    { method }: Pick<Operation, 'method'>,
    path: string,
    headers: Record<string, string>,
    body?: string | Uint8Array<ArrayBuffer>,
  ): Promise<Answer> => {
    const response = await fetch(`${product.url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        'x-forwarded-for': `203.0.${(addresses >> 8) & 255}.${addresses++ & 255}`,
        ...headers,
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
      ...(body !== undefined && method !== 'GET' && { body }),
    });
    const type = response.headers.get('content-type') ?? '';
    // A stream has no end to wait for.
    if (!type.includes('event-stream')) return { status: response.status, text: await response.text(), type };
    await response.body?.cancel();
    return { status: response.status, text: '', type };
  };
  const filled = ({ path, pathParams }: Operation, value = randomUUID() as string): string =>
    pathParams.reduce((text, param) => text.replace(`{${param}}`, encodeURIComponent(value)), path);
  const bodyOf = ({ example }: Operation): string | undefined =>
    example === undefined ? undefined : JSON.stringify(example);
  const still = async (): Promise<Record<string, string>> =>
    Object.fromEntries(Object.entries(await fingerprint(database.url)).filter(([name]) => !MOVES_BY_ITSELF.test(name)));

  const signIn = async (email: string): Promise<Record<string, string>> => {
    const response = await fetch(`${product.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.url },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    if (!response.ok || cookie === '') throw new Error(await response.text());
    return { cookie, origin: product.url };
  };

  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    home = createHome({
      ...database.env,
      PODLIFT_RATE_PER_MINUTE: '0',
      PODLIFT_BODY_LIMIT: String(BODY_LIMIT),
      PODLIFT_PASSWORD: PASSWORD,
      // Each request comes from an address of its own: who fails often from one address is sent away with a 429.
      PODLIFT_TRUSTED_PROXIES: '127.0.0.1',
    });
    const { code, stderr } = await home.podlift('demo', '--touchpoints', '1000', '--shows', '2', '--campaigns', '3');
    if (code !== 0) throw new Error(stderr);
    await home.ask('user', 'create', 'owner@x.test', '--operator', '--tenant', 'demo');
    await home.ask('user', 'create', 'viewer@x.test', '--tenant', 'demo', '--role', 'viewer');
    const { key } = (await home.ask('key', 'create', '--tenant', 'demo', '--name', 'n', '--scopes', 'shows:read')) as {
      key: string;
    };
    product = await home.start(['start', '--empty']);
    operations = operationsOf(await (await fetch(`${product.url}/openapi.json`)).json());
    owner = { ...(await signIn('owner@x.test')), 'podlift-tenant': 'demo' };
    viewer = { ...(await signIn('viewer@x.test')), 'podlift-tenant': 'demo' };
    narrow = { authorization: `Bearer ${key}` };
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    await database.drop();
  });

  test('without a good credential nothing answers, and nothing is written', { timeout: SLOW }, async () => {
    const before = await still();
    const odd: unknown[] = [];
    const closed = operations.filter(({ isPublic }) => !isPublic);
    const uuid = randomUUID();
    const credentials: Record<string, string>[] = [
      {},
      { authorization: 'Bearer plk_0000000000000000000000000000000000000000000' },
      { authorization: `Bearer ${'x'.repeat(6000)}` },
      { authorization: `Basic ${btoa('admin:admin')}` },
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' },
      { cookie: `podlift.session_token=${uuid}.AAAA; better-auth.session_token=${uuid}.AAAA`, origin: product.url },
      { 'x-podlift-user': 'operator', 'podlift-tenant': 'demo' },
    ];
    for (const operation of closed)
      for (const headers of credentials) {
        const { status, text } = await ask(operation, filled(operation), headers, bodyOf(operation));
        if (status !== 401) odd.push({ ...line(operation), headers: Object.keys(headers), status, text: cut(text) });
      }
    expect(odd).toEqual([]);
    expect(closed.length).toBeGreaterThan(80);
    expect(await still()).toEqual(before);
  });

  test(
    'what a viewer may not do is refused before its body is read, and nothing is written',
    { timeout: SLOW },
    async () => {
      const me = JSON.parse((await ask({ method: 'GET' }, '/api/v1/me', viewer)).text) as { permissions: string[] };
      const forbidden = operations.filter(
        ({ permission }) =>
          (permission.includes(':') || permission === 'operator') && !me.permissions.includes(permission),
      );
      const before = await still();
      const odd: unknown[] = [];
      for (const operation of forbidden) {
        const headers = operation.permission === 'operator' ? without(viewer, 'podlift-tenant') : viewer;
        for (const body of [bodyOf(operation), operation.example === undefined ? undefined : '{']) {
          const { status, text } = await ask(operation, filled(operation), headers, body);
          if (![403, 404].includes(status)) odd.push({ ...line(operation), status, text: cut(text) });
        }
      }
      expect(odd).toEqual([]);
      expect(forbidden.length).toBeGreaterThan(40);
      expect(await still()).toEqual(before);
    },
  );

  test('a key does what its scopes say and nothing else', { timeout: SLOW }, async () => {
    const before = await still();
    const odd: unknown[] = [];
    for (const operation of operations) {
      if (operation.isPublic || ['shows:read', 'signed-in', ''].includes(operation.permission)) continue;
      const { status, text } = await ask(operation, filled(operation), narrow, bodyOf(operation));
      if (![403, 404].includes(status)) odd.push({ ...line(operation), status, text: cut(text) });
    }
    expect(odd).toEqual([]);
    expect(await still()).toEqual(before);
    expect((await ask({ method: 'GET' }, '/api/v1/shows', narrow)).status).toBe(200);
  });

  test('a body that is none gets the right refusal, and nothing is written', { timeout: SLOW }, async () => {
    const before = await still();
    const odd: unknown[] = [];
    for (const operation of operations.filter(({ example }) => example !== undefined))
      for (const { name, body, type, expected } of hostileBodies(BODY_LIMIT)) {
        const headers = { ...as(operation), ...(type && { 'content-type': type }) };
        const { status, text } = await ask(operation, filled(operation), headers, body as string);
        // A path that names nothing may be refused first.
        const right = expected.includes(status) || (operation.pathParams.length > 0 && [404, 422].includes(status));
        if (!right) odd.push({ ...line(operation), name, status, text: cut(text) });
      }
    expect(odd).toEqual([]);
    expect(await still()).toEqual(before);
  });

  test('no field of any body breaks a route, whatever stands in it', { timeout: SLOW }, async () => {
    const odd: unknown[] = [];
    let asked = 0;
    for (const operation of operations) {
      if (operation.example === undefined || SHUTS_THE_DOOR.test(operation.path)) continue;
      for (const body of mutations(operation.example)) {
        const { status, text, type } = await ask(operation, filled(operation), as(operation), JSON.stringify(body));
        asked++;
        const said = status < 400 || type.includes('problem+json');
        if (status >= 500 || !said || RAW_ERROR.test(text))
          odd.push({ ...line(operation), status, body: cut(JSON.stringify(body)), text: cut(text) });
      }
    }
    expect(odd).toEqual([]);
    expect(asked).toBeGreaterThan(1000);
  });

  test('no id and no query parameter breaks a route, whatever stands in it', { timeout: SLOW }, async () => {
    const odd: unknown[] = [];
    for (const operation of operations) {
      const { pathParams, queryParams } = operation;
      const paths = pathParams.length > 0 ? HOSTILE_TEXTS.map((text) => filled(operation, text)) : [];
      const queries =
        operation.method === 'GET'
          ? queryParams.flatMap((param) => [
              ...HOSTILE_TEXTS.map((text) => `?${param}=${encodeURIComponent(text)}`),
              `?${param}=1&${param}=2`,
              `?${param}[]=1&${param}[$ne]=2`,
              `?${param}=%ff%fe`,
            ])
          : [];
      for (const question of [...paths, ...queries.map((query) => filled(operation) + query)]) {
        const { status, text, type } = await ask(operation, question, as(operation), bodyOf(operation));
        const said = status < 400 || type.includes('problem+json') || type.includes('html') || operation.isPublic;
        if (status >= 500 || !said || RAW_ERROR.test(text))
          odd.push({ method: operation.method, question: cut(question), status, text: cut(text) });
      }
    }
    expect(odd).toEqual([]);
    expect((await ask({ method: 'GET' }, '/api/v1/me', owner)).status).toBe(200);
  });

  /** Routes of operators name no tenant. */
  const as = ({ permission, path }: Operation): Record<string, string> =>
    permission === 'operator' || path.startsWith('/api/v1/system') ? without(owner, 'podlift-tenant') : owner;
});

/** Routes whose success would end the attack. */
const SHUTS_THE_DOOR = /\/(?:sign-out|password|sessions)/;
/** Words of a database driver, a stack or a file system. */
const RAW_ERROR = /violates|relation "|syntax error at|node_modules|\bat .+\.ts:\d+|ENOENT|ECONN/;

const line = ({ method, path, permission }: Operation): object => ({ route: `${method} ${path}`, permission });
const cut = (text: string): string => text.slice(0, 220);
const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
