import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import type { Product } from './testing/product.ts';
import { findRows } from './testing/rows.ts';
import { collectByKey, operationsOf, replaceIds, type Operation } from './testing/walk.ts';

const SLOW = 180_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** What people would recognize. */
const TELLING = ['name', 'title', 'code', 'slug', 'orderId', 'domain'];
/** The start page shows the demonstration to everybody, on purpose. */
const PUBLIC_PAGES = new Set(['/']);

/** What operators did is kept for them, the purge itself included: who, when and what, by id. */
const OPERATOR_TRAIL = 'core.operator_audit';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

describe('two tenants of one installation', () => {
  let database: OwnDatabase;
  let home: Home;
  let product: Product;
  let operations: Operation[];
  let demo: { id: string; key: string };
  let other: { id: string; key: string };
  /** Everything that belongs to the demo alone, by key as its own answers name it; and every id in its rows. */
  const known = new Map<string, Set<string>>();
  let ids: Set<string>;
  let words: string[];

  const ask = async (key: string, method: string, path: string, body?: unknown, more = {}): Promise<Answer> => {
    const response = await fetch(`${product.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more,
      },
      redirect: 'manual',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    // A stream has no end to wait for.
    const isStream = headers.get('content-type')?.includes('event-stream') === true;
    const said = isStream ? (await response.body?.cancel(), '') : await response.text();
    return { status, text: `${said}${headers.get('location') ?? ''}`, headers };
  };
  /** What is counted of a tenant is written down a little later. */
  const rowsOf = async (tenant: string): Promise<unknown> =>
    [...(await findRows(database.url, tenant))].filter(([table]) => !table.startsWith('core.usage'));
  const first = (key: string): string | undefined => known.get(key)?.values().next().value;
  /** A value of the demo for a parameter, by its name and place. */
  const foreign = (param: string, path: string): string => {
    const noun = path.split(`/{${param}}`)[0]?.split('/').at(-1) ?? '';
    return (
      first(`${noun}/${param}`) ??
      first(param) ??
      first(param.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())) ??
      demo.id
    );
  };
  const filled = ({ path, pathParams }: Operation): string =>
    pathParams.reduce((text, param) => text.replace(`{${param}}`, encodeURIComponent(foreign(param, path))), path);
  /** What of the demo stands in an answer and was not in the question. */
  const leaked = (text: string, asked: string): string[] => [
    ...[...new Set(text.match(UUID))].filter((id) => ids.has(id) && !asked.includes(id)),
    ...words.filter((word) => text.includes(word) && !decodeURIComponent(asked).includes(word)),
  ];

  beforeAll(async () => {
    database = await createDatabase(inject('postgres'));
    home = createHome({ ...database.env, PODLIFT_RATE_PER_MINUTE: '0' });
    const { code, stderr } = await home.podlift('demo', '--touchpoints', '3000', '--shows', '3', '--campaigns', '6');
    if (code !== 0) throw new Error(stderr);
    // The commands' own answers.
    const [tenant] = (await home.ask('tenant', 'list')) as { id: string }[];
    const made = (await home.ask('tenant', 'create', 'other')) as { id: string };
    const keyOf = async (slug: string): Promise<string> =>
      ((await home.ask('key', 'create', '--tenant', slug, '--name', 'walk')) as { key: string }).key;
    demo = { id: tenant?.id ?? '', key: await keyOf('demo') };
    other = { id: made.id, key: await keyOf('other') };
    product = await home.start(['start', '--empty']);
    operations = operationsOf(await (await fetch(`${product.url}/openapi.json`)).json());

    const added = await ask(demo.key, 'POST', '/api/v1/tenant/domains', { domain: 'shows-of-the-demo.example' });
    if (added.status >= 300) throw new Error(added.text);

    // What the demo sees of itself: values for parameters, and the words that must not be seen elsewhere.
    const seen = new Map<string, Set<string>>();
    for (const operation of operations.filter(
      ({ method, pathParams }) => method === 'GET' && pathParams.length === 0,
    )) {
      const { status, text, headers } = await ask(demo.key, 'GET', operation.path);
      if (status !== 200 || !headers.get('content-type')?.includes('application/json')) continue;
      const value: unknown = JSON.parse(text);
      const noun = operation.path.split('/').at(-1) ?? '';
      const items =
        typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
          ? value.items
          : [];
      for (const item of items) {
        const own = new Map<string, Set<string>>();
        collectByKey(item, own);
        for (const [key, values] of own) for (const one of values) add(known, `${noun}/${key}`, one);
      }
      if (!/plugins|roles|openapi|models|meters|usage|me$/.test(operation.path)) collectByKey(value, seen);
    }
    for (const [key, values] of seen) for (const one of values) add(known, key, one);
    const rows = [...(await findRows(database.url, demo.id)).values()].flat().join('\n');
    const others = [...(await findRows(database.url, other.id)).values()].flat().join('\n');
    const shared = new Set(others.match(UUID));
    ids = new Set((rows.match(UUID) ?? []).filter((id) => !shared.has(id)));
    words = [...new Set(TELLING.flatMap((key) => [...(seen.get(key) ?? [])]))].filter(
      (word) => word.length > 5 && !others.includes(word),
    );
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    await database.drop();
  });

  test('the walk knows what to look for', { timeout: SLOW }, async () => {
    expect(ids.size).toBeGreaterThan(3000);
    expect(words.length).toBeGreaterThan(30);
    const showing: string[] = [];
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const { status, text } = await ask(demo.key, 'GET', filled(operation));
      if (status === 200 && leaked(text, '').length > 0) showing.push(operation.path);
    }
    // The demo itself sees its own things through these.
    expect(showing).toEqual(
      expect.arrayContaining([
        '/api/v1/attribution/paths/{campaign_id}',
        '/api/v1/attribution/runs/{id}',
        '/api/v1/campaigns',
        '/api/v1/campaigns/{id}',
        '/api/v1/codes/{id}',
        '/api/v1/orders',
        '/api/v1/placements/{id}',
        '/api/v1/shows/{id}',
        '/api/v1/sponsors/{id}',
        '/api/v1/tenant',
        '/api/v1/touchpoints',
      ]),
    );
  });

  test('no GET route shows the one to the other, whatever it is asked for', { timeout: SLOW }, async () => {
    const leaks: unknown[] = [];
    let asked = 0;
    for (const operation of operations) {
      if (operation.method !== 'GET' || PUBLIC_PAGES.has(operation.path)) continue;
      const path = filled(operation);
      const queries = operation.queryParams.flatMap((param) => {
        const value = first(param) ?? (/id$|household|run/i.test(param) ? demo.id : undefined);
        return value === undefined ? [] : [`?${param}=${encodeURIComponent(value)}`];
      });
      for (const question of ['', ...queries].map((query) => path + query)) {
        const { status, text } = await ask(other.key, 'GET', question);
        const found = leaked(text, question);
        if (found.length > 0 || status >= 500)
          leaks.push({ question, status, found: found.slice(0, 3), text: text.slice(0, 200) });
        asked++;
      }
    }
    expect(leaks).toEqual([]);
    expect(asked).toBeGreaterThan(60);
  });

  test('naming the other tenant is refused on every route that asks for a credential', { timeout: SLOW }, async () => {
    const answered: unknown[] = [];
    for (const operation of operations) {
      const question = filled(operation);
      for (const name of ['demo', demo.id]) {
        const { method, example, isPublic } = operation;
        const { status, text } = await ask(other.key, method, question, example, { 'podlift-tenant': name });
        const refused = [400, 403, 404].includes(status);
        if (!refused && (!isPublic || (leaked(text, question).length > 0 && !PUBLIC_PAGES.has(operation.path))))
          answered.push({ method, question, status });
      }
    }
    expect(answered).toEqual([]);
  });

  test('what is of the other cannot be changed: it is not there, and stays as it is', { timeout: SLOW }, async () => {
    const before = await rowsOf(demo.id);
    const odd: unknown[] = [];
    const done: string[] = [];
    for (const operation of operations) {
      const { method, path, pathParams, example } = operation;
      if (method === 'GET') continue;
      const ofTenant = pathParams.some(
        (param) => param === 'domain' || (/id$/i.test(param) && ids.has(foreign(param, path))),
      );
      const body = replaceIds(example, (key) => (/id$/i.test(key) ? first(key) : undefined));
      const names =
        JSON.stringify(body ?? '')
          .match(UUID)
          ?.some((id) => ids.has(id)) ?? false;
      if (!ofTenant && !names) continue;
      const { status, text } = await ask(other.key, method, filled(operation), body, { 'if-match': '*' });
      done.push(`${method} ${path}`);
      // A route of the installation says so before it looks; one that takes many says it of each.
      if (
        ![404, 403, 400].includes(status) &&
        // Pieces of an upload are bytes, and the walk sends JSON.
        !(method === 'PATCH' && status === 415) &&
        !((names || pathParams.includes('domain')) && [202, 409, 422].includes(status))
      )
        odd.push({ method, path, status, text: text.slice(0, 200) });
    }
    expect(odd).toEqual([]);
    expect(done.length).toBeGreaterThan(20);
    expect(await rowsOf(demo.id)).toEqual(before);
  });

  test('`podlift demo --remove` leaves nothing of it, and everything of the other', { timeout: SLOW }, async () => {
    const kept = await rowsOf(other.id);
    const files = join(home.dataDir, 'files');
    const { code, stdout } = await home.podlift('demo', '--remove');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('nothing of it is left') });
    const { [OPERATOR_TRAIL]: trail = [], ...left } = Object.fromEntries(await findRows(database.url, demo.id));
    expect(left).toEqual({});
    expect(trail.join('\n')).toContain('"tenant.purged"');
    expect(
      existsSync(files) ? readdirSync(files, { recursive: true }).filter((name) => String(name).includes(demo.id)) : [],
    ).toEqual([]);
    expect(await rowsOf(other.id)).toEqual(kept);
    expect((await ask(demo.key, 'GET', '/api/v1/campaigns')).status).toBe(401);
    expect((await ask(other.key, 'GET', '/api/v1/campaigns')).status).toBe(200);
  });
});

function add(into: Map<string, Set<string>>, key: string, value: string): void {
  into.set(key, (into.get(key) ?? new Set()).add(value));
}
