import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createAudit } from '../audit/index.ts';
import { createTestApp } from '../http/testing/app.ts';
import type { HttpApp } from '../http/index.ts';
import { jobRoutes, requestJob } from './index.ts';
import { createTestNodes, type TestNode, type TestNodes } from './testing/nodes.ts';

let nodes: TestNodes;
let node: TestNode;
let app: HttpApp;
let tenant: string;
let other: string;
let operator = false;
let may = (_permission: string): boolean => true;

beforeAll(async () => {
  nodes = await createTestNodes(inject('postgres'));
  node = await nodes.open();
  const audit = createAudit(nodes.database);
  [tenant, other] = [await nodes.database.newTenant(), await nodes.database.newTenant()];
  const refOf = (id: string) => ({ id, slug: id, status: 'active' as const });
  app = createTestApp({
    routes: jobRoutes({ jobs: node.jobs, audit }),
    authenticate: async (request) => {
      const id = request.headers.get('x-tenant');
      if (id === null && !operator) return undefined;
      const actor = { kind: 'key', id: 'k1' } as const;
      return { kind: 'key', id: 'k1', actor, cookie: false, ...(id !== null && { tenantId: id }) };
    },
    tenants: { byHost: async () => undefined, byName: async (name) => refOf(name), byId: async (id) => refOf(id) },
    resolvePrincipal: async ({ actor }, ref) => ({ ...(ref && { tenant: ref }), actor, operator, can: may }),
  });
  await node.jobs.define({ name: 'test/good', run: async () => 'done' });
  await node.jobs.define({ name: 'test/bad', attempts: 1, run: () => Promise.reject(new Error('upstream says no')) });
  await node.jobs.define({
    name: 'test/slow',
    async run(_, { progress, signal }) {
      for (let done = 1; done <= 4; done++) {
        progress(done, 4);
        await sleep(550, undefined, { signal });
      }
    },
  });
});
afterAll(() => nodes.close());
beforeEach(() => {
  operator = false;
  may = () => true;
});

const ask = (method: string, path: string, of: string | undefined, body?: unknown) =>
  app.request(path, {
    method,
    headers: { ...(of !== undefined && { 'x-tenant': of }), 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const request = async (name: string): Promise<string> => {
  const id = await nodes.database.withTenant({ tenant }, (tx) => requestJob(tx, { name, data: {} }));
  node.bus.wake();
  return id;
};

describe('jobs over REST', () => {
  it('are read, retried and discarded by their tenant, and by nobody else', async () => {
    const good = await request('test/good');
    const bad = [await request('test/bad'), await request('test/bad')];
    await node.jobs.drain();
    expect(await (await ask('GET', `/api/v1/jobs/${good}`, tenant)).json()).toMatchObject({
      state: 'completed',
      queue: 'default',
      progress: null,
      result: 'done',
    });
    const dead = await (await ask('GET', '/api/v1/jobs?state=failed', tenant)).json();
    expect(dead.items.map(({ id }: { id: string }) => id).toSorted()).toEqual(bad.toSorted());
    for (const [method, path] of [
      ['GET', `/api/v1/jobs/${good}`],
      ['GET', `/api/v1/jobs/${good}/stream`],
      ['POST', `/api/v1/jobs/${bad[0]}/retry`],
      ['POST', `/api/v1/jobs/${good}/cancel`],
      ['DELETE', `/api/v1/jobs/${good}`],
    ] as const)
      expect((await ask(method, path, other)).status).toBe(404);
    expect(await (await ask('POST', '/api/v1/jobs/dead/retry', other, {})).json()).toEqual({ count: 0 });
    expect(await (await ask('POST', '/api/v1/jobs/dead/retry', tenant, { name: 'test/bad' })).json()).toEqual({
      count: 2,
    });
    await node.jobs.drain();
    expect((await ask('DELETE', `/api/v1/jobs/${bad[0]}`, tenant)).status).toBe(204);
    expect(await (await ask('POST', '/api/v1/jobs/dead/discard', tenant, {})).json()).toEqual({ count: 1 });
    expect((await ask('DELETE', `/api/v1/jobs/${bad[1]}`, tenant)).status).toBe(404);
    expect((await ask('POST', '/api/v1/jobs/dead/retry', tenant, { name: 7 })).status).toBe(422);
  });

  it('need permission', async () => {
    may = (permission) => permission === 'jobs:read';
    expect((await ask('GET', '/api/v1/jobs', undefined)).status).toBe(401);
    expect((await ask('GET', '/api/v1/jobs', tenant)).status).toBe(200);
    expect((await ask('POST', '/api/v1/jobs/dead/retry', tenant, {})).status).toBe(403);
    may = () => false;
    expect((await ask('GET', '/api/v1/jobs', tenant)).status).toBe(403);
    expect((await ask('GET', '/api/v1/system/jobs', undefined)).status).toBe(401);
  });

  it('are followed as a stream that ends with them, and resumed', async () => {
    const id = await request('test/slow');
    const response = await ask('GET', `/api/v1/jobs/${id}/stream`, tenant);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    const seen = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
    expect(seen.at(-1)).toMatchObject({ id, state: 'completed' });
    const underWay = seen.filter(({ progress }) => progress && progress.done > 1 && progress.done < 4);
    expect(underWay.length).toBeGreaterThan(0);
    expect(underWay[0].progress).toMatchObject({ total: 4, percent: expect.any(Number), leftMs: expect.any(Number) });
    const last = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    const again = await app.request(`/api/v1/jobs/${id}/stream`, {
      headers: { 'x-tenant': tenant, 'last-event-id': last },
    });
    expect(await again.text()).not.toContain('data:');
  }, 15_000);
});

describe('the operator', () => {
  it('reads what the queues hold', async () => {
    operator = true;
    const { queues, schedulers } = await (await ask('GET', '/api/v1/system/jobs', undefined)).json();
    expect(queues.map(({ queue }: { queue: string }) => queue)).toEqual(['interactive', 'default', 'bulk', 'system']);
    expect(queues[1]).toMatchObject({ nodes: 1, slots: 4, active: 0 });
    expect(schedulers).toBe(0);
  });

  it('sees the board, and changes nothing there', async () => {
    await request('test/good');
    await node.jobs.drain();
    expect((await ask('GET', '/system/queues/', undefined)).status).toBe(401);
    expect((await ask('GET', '/system/queues/', tenant)).status).toBe(403);
    operator = true;
    const page = await ask('GET', '/system/queues/', undefined);
    const text = await page.text();
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'/);
    expect(text).not.toMatch(/https?:\/\//);
    const [, script = ''] = /src="(static\/js\/main[^"]+)"/.exec(text) ?? [];
    expect((await ask('GET', `/system/queues/${script}`, undefined)).headers.get('content-type')).toContain(
      'javascript',
    );
    const queues = await (
      await ask('GET', '/system/queues/api/queues?activeQueue=default&status=completed', undefined)
    ).json();
    expect(
      queues.queues.map(({ name, readOnlyMode }: { name: string; readOnlyMode: boolean }) => [name, readOnlyMode]),
    ).toContainEqual(['default', true]);
    for (const path of ['api/queues/default/empty', 'api/queues/pause', 'api/queues/default/add'])
      for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'])
        expect((await ask(method, `/system/queues/${path}`, undefined, {})).status).toBe(405);
    for (const path of ['static/../index.ejs', 'static/%2e%2e/index.ejs', 'static/none.js', 'package.json'])
      expect((await ask('GET', `/system/queues/${path}`, undefined)).status).toBe(404);
  });

  it.runIf(inject('programs').chromium)(
    'opens the board in a browser: no error, no foreign request',
    async () => {
      operator = true;
      const server = createServer(getRequestListener((incoming) => app.fetch(incoming))).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
      const executablePath = inject('programs').chromium ?? '';
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      try {
        const page = await browser.newPage();
        const wrong: string[] = [];
        page.on('pageerror', (error) => wrong.push(error.message));
        page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
        page.on(
          'request',
          (one) => !one.url().startsWith(base) && !one.url().startsWith('data:') && wrong.push(one.url()),
        );
        await page.goto(`${base}/system/queues/queue/default`);
        await page.getByText('default').first().waitFor({ timeout: 10_000 });
        expect(wrong).toEqual([]);
      } finally {
        await browser.close();
        server.close();
      }
    },
    40_000,
  );
});
