import { collection, definePlugin, job } from '@podlift/sdk';
import { openapi, route } from '@podlift/sdk/http';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { z } from '@hono/zod-openapi';
import { afterAll, beforeAll, expect, test } from 'vitest';

const pull = job('pull', z.object({ show: z.string() }));
const Downloads = z.object({ downloads: z.int() });

/** Pulls the downloads of a show and keeps them. */
const hostcast = definePlugin(
  {
    id: 'acme.hostcast',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['net:fetch', 'data:collections', 'jobs:enqueue'],
    hosts: ['api.hostcast.example'],
    secrets: ['API_KEY'],
    permissions: { 'downloads:read': { title: 'See downloads', roles: ['viewer'] } },
    collections: { shows: collection(Downloads.extend({ at: z.date() }), { privacy: 'none' }) },
  },
  ({ job: work, routes }) => {
    work(pull, async ({ show }, ctx) => {
      const answer = await ctx.fetch(`https://api.hostcast.example/${show}`, { auth: { secret: 'API_KEY' } });
      const { downloads } = Downloads.parse(await answer.json());
      await ctx.collections.shows.upsert(show, { downloads, at: ctx.now() });
    });
    routes(
      openapi((app) => {
        app.openapi(
          route({
            method: 'post',
            path: '/pull/{show}',
            'x-permission': 'downloads:read',
            request: { params: z.object({ show: z.string() }) },
            responses: { 202: { description: 'It will be pulled.' } },
          }),
          async (c) => {
            await c.var.ctx.enqueue(pull, { show: c.req.valid('param').show });
            return c.body(null, 202);
          },
        );
        app.openapi(
          route({
            method: 'get',
            path: '/shows/{show}',
            'x-permission': 'downloads:read',
            request: { params: z.object({ show: z.string() }) },
            responses: {
              200: { description: 'Its downloads', content: { 'application/json': { schema: Downloads } } },
              404: { description: 'It was never pulled.' },
            },
          }),
          async (c) => {
            const found = await c.var.ctx.collections.shows.get(c.req.valid('param').show);
            return found ? c.json({ downloads: found.value.downloads }, 200) : c.body(null, 404);
          },
        );
      }),
    );
  },
);

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({
    plugins: [hostcast],
    secrets: { 'acme.hostcast': { API_KEY: 'k-1' } },
    net: { 'https://api.hostcast.example/daily': { json: { downloads: 42 } } },
    clock: '2026-03-01T08:00:00Z',
  });
});
afterAll(() => host.stop());

test('pulls the downloads of a show, once asked', async () => {
  const tenant = await host.tenant();
  const who = { tenant, permissions: ['downloads:read'] };
  const path = '/api/v1/x/acme/hostcast';

  expect((await host.request(`${path}/shows/daily`, {}, who)).status).toBe(404);
  expect((await host.request(`${path}/pull/daily`, { method: 'POST' }, who)).status).toBe(202);
  await host.drain();

  expect(await (await host.request(`${path}/shows/daily`, {}, who)).json()).toEqual({ downloads: 42 });
  expect(host.http.calls).toMatchObject([{ headers: { authorization: 'Bearer k-1' } }]);
  expect(await host.jobs(tenant, 'pull')).toMatchObject([{ state: 'completed', data: { show: 'daily' } }]);
});

test('another tenant sees nothing of it', async () => {
  const tenant = await host.tenant();
  const answer = await host.request('/api/v1/x/acme/hostcast/shows/daily', {}, { tenant });
  expect(answer.status).toBe(404);
});
