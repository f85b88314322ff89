import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from './testing/home.ts';
import type { Product } from './testing/product.ts';

const SLOW = 240_000;
const PASSWORD = 'the horse of the staple 7';
const FLAG = 'podlift.tracking';

/** The running product with an owner who is an operator, two nodes on one database, and a master key that changes under them. */
describe('settings, limits, usage and keys of a running installation', () => {
  const first = randomBytes(32).toString('base64');
  const second = randomBytes(32).toString('base64');
  let home: Home;
  let nodes: Product[] = [];
  let cookie = '';
  let tenant = '';

  const ask = async (
    node: Product | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const url = node?.url ?? '';
    const operator = path.startsWith('/api/v1/system');
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        cookie,
        origin: url,
        ...(!operator && { 'podlift-tenant': 'acme' }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      json: text ? JSON.parse(text) : undefined,
    };
  };
  const startNodes = async (env: Record<string, string>): Promise<void> => {
    nodes = await Promise.all([home.start(['api'], { env }), home.start(['api'], { env })]);
  };
  const stopNodes = (): Promise<unknown> => Promise.all(nodes.map((node) => node.kill('SIGTERM')));
  const env = (newest: string, ...old: string[]) => ({
    PODLIFT_MASTER_KEY: newest,
    ...(old.length > 0 && { PODLIFT_MASTER_KEYS_OLD: old.join(',') }),
  });
  const rotate = (settings: Record<string, string>) =>
    home.launch(['secrets', 'rotate', '--json'], { env: settings }).exit;

  beforeAll(async () => {
    home = createHome({ PODLIFT_PASSWORD: PASSWORD, PODLIFT_RATE_PER_MINUTE: '0', ...env(first) });
    tenant = ((await home.ask('tenant', 'create', 'acme', '--plan', 'free')) as { id: string }).id;
    await home.ask('user', 'create', 'ada@x.test', '--operator', '--tenant', 'acme');
    await startNodes(env(first));
    const [node] = nodes;
    const signedIn = await fetch(`${node?.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: node?.url ?? '' },
      body: JSON.stringify({ email: 'ada@x.test', password: PASSWORD }),
    });
    cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  }, SLOW);
  afterAll(() => home.remove());

  test(
    'limits are told, set for one tenant by an operator, and seen by the other node',
    { timeout: SLOW },
    async () => {
      const [one, two] = nodes;
      const read = async (node = one) =>
        (await ask(node, 'GET', '/api/v1/usage/quotas')).json.items.find(
          (item: { name: string }) => item.name === 'hits',
        );
      expect(await read()).toMatchObject({
        limit: 100_000,
        per: 'month',
        used: 0,
        source: 'plan',
        resetsAt: expect.stringMatching(/-01T00:00:00/),
      });
      const path = `/api/v1/system/tenants/${tenant}/quotas/hits`;
      expect((await ask(one, 'PUT', path, { limit: -1, per: 'year' })).json.errors).toHaveLength(3);
      const set = await ask(one, 'PUT', path, { limit: 5, per: 'day', reason: 'A test' });
      expect(set.status).toBe(200);
      await expect.poll(() => read(two), { timeout: 5000 }).toMatchObject({ limit: 5, per: 'day', source: 'override' });
      expect((await ask(one, 'DELETE', path)).status).toBe(200);
      expect((await ask(one, 'DELETE', path)).json).toMatchObject({ status: 404, code: 'quotas.override_unknown' });
      const nobody = '/api/v1/system/tenants/019a5f2e-7c1a-7d33-9a51-000000000000/quotas/hits';
      expect((await ask(one, 'PUT', nobody, { limit: 5, per: 'day', reason: 'x' })).status).toBe(404);
    },
  );

  test('what a plan allows is all that lands, and the refusal says what to do', { timeout: SLOW }, async () => {
    const [one, two] = nodes;
    const { json: made } = await ask(one, 'POST', '/api/v1/keys', { name: 'shop', kind: 'write' });
    const path = `/api/v1/system/tenants/${tenant}/quotas/hits`;
    expect((await ask(one, 'PUT', path, { limit: 3, per: 'month', reason: 'A test' })).status).toBe(200);
    const hit = async (node: Product | undefined, n: number) => {
      const response = await fetch(`${node?.url}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${made.key}:`)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ event: 'page', anonymousId: `a${n}`, messageId: `m${n}` }),
      });
      return { status: response.status, json: JSON.parse(await response.text()) };
    };
    // The other node has read the limit too.
    await expect
      .poll(async () => (await ask(two, 'GET', '/api/v1/usage/quotas')).json.items, { timeout: 5000 })
      .toContainEqual(expect.objectContaining({ name: 'hits', limit: 3, per: 'month' }));
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => hit(n % 2 === 0 ? one : two, n)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = answers.find(({ status }) => status === 402);
    expect(refused?.json).toMatchObject({
      code: 'quotas.plan_limit',
      details: { quota: 'hits', limit: 3, used: 3, per: 'month', resetsAt: expect.any(String) },
      detail: expect.stringContaining('Choose a larger plan'),
    });
    expect((await ask(one, 'DELETE', path)).status).toBe(200);
  });

  test('flags that nobody declares are not there', { timeout: SLOW }, async () => {
    const [one] = nodes;
    expect((await ask(one, 'GET', '/api/v1/system/flags')).json).toMatchObject({ items: [] });
    expect((await ask(one, 'GET', '/api/v1/flags')).json).toMatchObject({ items: [] });
    for (const path of [`/api/v1/flags/${FLAG}/none`, `/api/v1/system/flags/${FLAG}/none`])
      expect((await ask(one, 'GET', path)).json).toMatchObject({ status: 404, code: 'flags.unknown' });
    const put = await ask(one, 'PUT', `/api/v1/system/flags/${FLAG}/none`, { value: true }, { 'if-match': '"0"' });
    expect(put.json).toMatchObject({ status: 404 });
  });

  test('settings go back to an earlier version, and say which fields are wrong', { timeout: SLOW }, async () => {
    const [one] = nodes;
    const path = '/api/v1/settings/podlift.tracking';
    const read = await ask(one, 'GET', path);
    const wrong = await ask(one, 'PUT', path, { nonsense: 1 }, { 'if-match': read.etag });
    expect(wrong.json).toMatchObject({ status: 422, errors: [{ path: 'nonsense' }] });
    const saved = await ask(one, 'PUT', path, read.json, { 'if-match': read.etag });
    expect(saved).toMatchObject({ status: 200, etag: '"1"' });
    expect((await ask(one, 'PUT', path, read.json, { 'if-match': read.etag })).status).toBe(412);
    const back = await ask(one, 'POST', `${path}/restore`, { version: 1 }, { 'if-match': '"1"' });
    expect(back).toMatchObject({ status: 200, etag: '"2"' });
    const history = await ask(one, 'GET', `${path}/history`);
    expect(history.json.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect((await ask(one, 'PUT', '/api/v1/secrets/podlift.tracking/anything', { value: 'x' })).json).toMatchObject({
      status: 404,
      code: 'secrets.unknown',
    });
  });

  test('what is answered is counted, on both nodes', { timeout: SLOW }, async () => {
    for (const node of nodes) for (let n = 0; n < 10; n++) await ask(node, 'GET', '/api/v1/me');
    const used = async () => {
      const { items } = (await ask(nodes[0], 'GET', '/api/v1/usage?by=day')).json as {
        items: { meter: string; amount: number }[];
      };
      return Object.fromEntries(items.map(({ meter, amount }) => [meter, amount]));
    };
    await expect.poll(async () => (await used())['api.calls'] ?? 0, { timeout: 10_000 }).toBeGreaterThan(20);
    expect((await used())['egress.bytes']).toBeGreaterThan(1000);
    expect((await ask(nodes[0], 'GET', '/api/v1/usage?from=2020-01-01T00:00:00Z')).json).toMatchObject({
      status: 422,
      errors: [{ path: 'from' }],
    });
    expect((await ask(nodes[0], 'GET', '/api/v1/system/usage?by=month')).json.items).toContainEqual(
      expect.objectContaining({ tenant, meter: 'api.calls' }),
    );
    expect((await ask(nodes[0], 'GET', '/api/v1/usage/meters')).json.items).toContainEqual(
      expect.objectContaining({ name: 'storage.bytes', kind: 'level' }),
    );
  });

  test('the master key is exchanged under two nodes, and nobody is signed out', { timeout: SLOW }, async () => {
    const both = env(second, first);
    // Nodes that know the first key only are named, and nothing is changed.
    expect(await rotate(both)).toBe(1);
    // One node after the other, while the other one answers.
    for (const [index, node] of nodes.entries()) {
      await node.kill('SIGTERM');
      nodes[index] = await home.start(['api'], { env: both });
      for (const one of nodes) expect((await ask(one, 'GET', '/api/v1/tenant')).status).toBe(200);
    }
    const over = new AbortController();
    const failures: unknown[] = [];
    const traffic = nodes.map(async (node) => {
      while (!over.signal.aborted) {
        const { status } = await ask(node, 'GET', '/api/v1/members');
        if (status !== 200) failures.push(status);
      }
    });
    expect(await rotate(both)).toBe(0);
    over.abort();
    await Promise.all(traffic);
    expect(failures).toEqual([]);
    await stopNodes();
    await startNodes(env(second));
    for (const node of nodes) expect((await ask(node, 'GET', '/api/v1/tenant')).status).toBe(200);
    const acts = (await ask(nodes[0], 'GET', '/api/v1/system/audit')).json as { items: { action: string }[] };
    expect(acts.items.map(({ action }) => action)).toContain('keys.rotated');
    await stopNodes();
    // The first key opens nothing any more, and may not take the database over.
    const { code, stderr } = await home.podlift('secrets', 'verify');
    expect(code).toBe(1);
    expect(stderr).toContain('PODLIFT_MASTER_KEYS_OLD');
  });
});
