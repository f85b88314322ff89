/**
 * What the pipeline adds to a request: CPU of the server's thread per request over real connections (helpers of the garbage collector not counted), against the same
 * answer from bare Hono on the same server. The client is another process, so that only the server is counted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { z } from 'zod';
import { coreRoute, createPluginRoutes, json, readPluginRoutes } from '../index.ts';
import { createTestApp } from '../testing/app.ts';

const REQUESTS = 30_000;
const answer = { id: '7', name: 'a thing', tags: ['x', 'y'] };
const BODY = JSON.stringify({
  event: 'play',
  userId: 'u-1',
  properties: { show: 'a', episode: 12, at: '2026-01-01T00:00:00Z' },
});

const plugin = new Hono()
  .get('/api/v1/things/:id', (c) => c.json(answer))
  .post('/api/v1/things', async (c) => c.json({ got: Object.keys(await c.req.json()).length }));
const document = {
  paths: {
    '/api/v1/things/{id}': { get: { 'x-permission': 'things:read' } },
    '/api/v1/things': { post: { 'x-permission': 'things:write' } },
  },
};
// Forty plugins with five routes each stand beside it, as in a full installation.
const SHAPES = ['', '/{id}', '/{id}/parts', '/{id}/parts/{part}', '/search'];
const others = Array.from({ length: 40 }, (_, at) => ({
  paths: Object.fromEntries(SHAPES.map((path) => [`/api/v1/other${at}${path}`, { get: { 'x-permission': 'a:b' } }])),
}));
const routes = createPluginRoutes(
  [document, ...others].flatMap((one, at) => readPluginRoutes(`acme.p${at}`, one, { mount: '', trusted: true })),
);
const Thing = z.object({ id: z.string(), name: z.string(), tags: z.array(z.string()) });
const app = createTestApp({
  plugins: {
    routes: () => routes,
    isEnabled: () => true,
    serve: async (_, request) => plugin.fetch(request),
    documents: () => [],
  },
  routes: [
    coreRoute(
      {
        method: 'get',
        path: '/core/{id}',
        permission: 'things:read',
        summary: 'Read',
        request: { params: z.object({ id: z.string() }) },
        responses: { 200: json(Thing, 'The thing.') },
      },
      (c) => c.json(answer, 200),
    ),
  ],
});
const bareCore = new Hono().get('/core/:id', (c) => c.json(answer));

// Sixteen connections, each with one request at a time.
const CLIENT = `
const { Agent, request } = require('node:http');
const [url, method, count] = process.argv.slice(1);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const headers = { authorization: 'Bearer plk_acme', accept: 'application/json', 'user-agent': 'bench' };
if (method === 'POST') headers['content-type'] = 'application/json';
let left = Number(count);
const one = () => new Promise((resolve, reject) => {
  const sent = request(url, { agent, method, headers }, (answer) => {
    if (answer.statusCode !== 200) return reject(new Error('status ' + answer.statusCode));
    answer.resume().on('end', resolve);
  }).on('error', reject);
  sent.end(method === 'POST' ? ${JSON.stringify(BODY)} : undefined);
});
const lane = async () => { while (left-- > 0) await one(); };
Promise.all(Array.from({ length: 16 }, lane)).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
`;

async function load(url: string, method: string, count: number): Promise<void> {
  const client = spawn(process.execPath, ['-e', CLIENT, url, method, String(count)], { stdio: 'inherit' });
  const [code] = await once(client, 'exit');
  if (code !== 0) throw new Error('the client failed');
}

async function cpu(fetch: typeof app.fetch, path: string, method: string): Promise<number> {
  const server = createAdaptorServer({ fetch }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  await load(url, method, REQUESTS / 5);
  globalThis.gc?.();
  const before = process.threadCpuUsage();
  await load(url, method, REQUESTS);
  const { user, system } = process.threadCpuUsage(before);
  server.close();
  return (user + system) / REQUESTS;
}

console.log('CPU µs per request         bare Hono    Podlift      added    goal');
for (const [name, bare, path, method] of [
  ['plugin route, GET', plugin, '/api/v1/things/7', 'GET'],
  ['plugin route, POST JSON', plugin, '/api/v1/things', 'POST'],
  ['core route, GET', bareCore, '/core/7', 'GET'],
] as const) {
  const [floor, full] = [await cpu(bare.fetch, path, method), await cpu(app.fetch, path, method)];
  const figures = [floor, full, full - floor].map((one) => one.toFixed(1).padStart(11)).join('');
  console.log(`${name.padEnd(25)}${figures}    < 40`);
}
