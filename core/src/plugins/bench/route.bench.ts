/**
 * A contributed route that reads one row of its tenant, through the whole pipeline: a person's session, tenant, membership, permission,
 * plugin, unit of work, row-level security. Peer: the same Hono app with the same query, in a transaction that sets the tenant; beside it, without a transaction.
 * All three are served by the same server over real connections.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { definePlugin } from '@podlift/sdk';
import { openapi, route } from '@podlift/sdk/http';
import { migration } from '@podlift/sdk/sql';
import { createTestHost } from '@podlift/testkit';
import { startTestServer } from '@podlift/testkit/postgres';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { migrateCore } from '../../app/index.ts';
import { createApp } from '../../http/index.ts';
import { createIdentity } from '../../identity/index.ts';
import { createLimits } from '../../limits/index.ts';
import { createQuotas } from '../../settings/index.ts';

const m0001 = migration('0001_row', (schema) =>
  schema.tenantTable({
    name: 'item',
    columns: { id: 'text', name: 'text not null' },
    privacy: { id: 'none', name: 'none' },
  }),
);
const Item = z.object({ id: z.string(), name: z.string() });
const params = z.object({ id: z.string().max(40) });
const SQL = 'select id, name from item where tenant_id = $1 and id = $2';
const responses = { 200: { description: 'An item', content: { 'application/json': { schema: Item } } } } as const;

const plugin = definePlugin(
  {
    id: 'bench.items',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['data:sql'],
    permissions: { 'items:read': { title: 'See items', roles: ['viewer'] } },
    prefixes: ['/api/v1/items'],
    data: { migrations: [m0001] },
  },
  ({ routes }) => {
    routes(
      openapi((app) => {
        app.openapi(
          route({
            method: 'get',
            path: '/api/v1/items/{id}',
            'x-permission': 'items:read',
            request: { params },
            responses,
          }),
          async (c) => {
            const { ctx } = c.var;
            const [item] = await ctx.db.query<z.infer<typeof Item>>(SQL, [ctx.tenant, c.req.valid('param').id]);
            return c.json(item ?? { id: '', name: '' }, 200);
          },
        );
      }),
    );
  },
);

// Thirty-two connections, each with one request at a time, from another process.
const CLIENT = `
const { Agent, request } = require('node:http');
const [url, headers, count] = process.argv.slice(1);
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let left = Number(count);
const one = () => new Promise((resolve, reject) => {
  request(url, { agent, headers: JSON.parse(headers) }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => { text += chunk; }).on('end', () => text.includes('An item') ? resolve() : reject(new Error(text)));
  }).on('error', reject).end();
});
const lane = async () => { while (left-- > 0) await one(); };
Promise.all(Array.from({ length: 32 }, lane)).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
`;
const ROUNDS = 5;
const REQUESTS = 6000;

interface Measured {
  count: number;
  seconds: number;
  cpu: number;
}

/** In turns, so that a busy moment of the machine meets all of them; the first round warms up. */
async function measureInTurns(
  apps: readonly { fetch: Parameters<typeof createAdaptorServer>[0]['fetch'] }[],
  headers: Readonly<Record<string, string>>,
): Promise<readonly Measured[]> {
  const servers = apps.map(({ fetch }) => createAdaptorServer({ fetch }).listen(0, '127.0.0.1'));
  await Promise.all(servers.map((one) => once(one, 'listening')));
  const all = servers.map((): Measured => ({ count: 0, seconds: 0, cpu: 0 }));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [at, one] of servers.entries()) {
      const url = `http://127.0.0.1:${(one.address() as AddressInfo).port}/api/v1/items/a`;
      const cpu = process.cpuUsage();
      const from = performance.now();
      const args = ['-e', CLIENT, url, JSON.stringify(headers), String(REQUESTS)];
      const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
      if (code !== 0) throw new Error('the client failed');
      const { user, system } = process.cpuUsage(cpu);
      const sum = all[at];
      if (!sum || round === 0) continue;
      sum.count += REQUESTS;
      sum.seconds += (performance.now() - from) / 1000;
      sum.cpu += user + system;
    }
  for (const one of servers) one.close();
  return all;
}

const server = await startTestServer({ durable: true });
const host = await createTestHost({ plugins: [plugin], postgres: server, strict: false, jobs: false });
try {
  const { rooms, plugins } = host;
  await migrateCore(rooms.database);
  const limits = createLimits({});
  const quotas = createQuotas({ ...rooms, limitsOf: (of) => rooms.tenancy.limitsOf(of) });
  const identity = createIdentity({
    ...rooms,
    limits,
    quotas,
    keyring: { derive: (_, bytes = 32) => new Uint8Array(bytes).fill(7) },
  });
  const owner = { email: 'ada@acme.test', name: 'Ada', password: 'seven green bicycles', workspace: 'Acme' };
  const { id: tenant } = (await identity.createOwner(owner)).tenant;
  const [cookie = ''] = await identity.signIn(owner.email, owner.password, { ip: '127.0.0.1' });
  const headers = { cookie: cookie.split(';')[0] ?? '', 'podlift-tenant': tenant };
  const app = createApp({
    ...rooms,
    limits,
    authenticate: (request) => identity.authenticate(request),
    resolvePrincipal: (credential, of) => identity.resolvePrincipal(credential, of),
    tenants: rooms.tenancy,
    plugins: plugins.door,
    openScope: () => ({ resolve: () => undefined, dispose: () => undefined }),
    routes: [],
  });
  await host.rooms.database.admin('insert into p_bench_items.item (tenant_id, id, name) values ($1, $2, $3)', [
    tenant,
    'a',
    'An item',
  ]);
  const pool = host.rooms.database.pool('runtime');
  const BEGIN = `begin; select core.use_tenant('${tenant}'); set local role p_bench_items; set local search_path to p_bench_items`;
  const peer = (query: (id: string) => Promise<z.infer<typeof Item> | undefined>) => {
    const app = new OpenAPIHono();
    app.openapi(
      createRoute({ method: 'get', path: '/api/v1/items/{id}', request: { params }, responses }),
      async (c) => {
        const item = await query(c.req.valid('param').id);
        return c.json(item ?? { id: '', name: '' }, 200);
      },
    );
    return app;
  };
  const inTransaction = peer(async (id) => {
    const client = await pool.connect();
    try {
      await client.query(BEGIN);
      const { rows } = await client.query<z.infer<typeof Item>>(SQL, [tenant, id]);
      await client.query('commit');
      return rows[0];
    } finally {
      client.release();
    }
  });
  const system = host.rooms.database.pool('system');
  const alone = peer(
    async (id) =>
      (await system.query<z.infer<typeof Item>>(SQL.replace('from item', 'from p_bench_items.item'), [tenant, id]))
        .rows[0],
  );
  const names = [
    'the same Hono route, one query, no transaction',
    'the same Hono route, in a transaction',
    'contributed route, the whole pipeline',
  ];
  const measured = await measureInTurns([alone, inTransaction, app], headers);
  const rates = measured.map(({ count, seconds }) => count / seconds);
  console.log(`${'GET one row, 32 at a time'.padEnd(50)}     /s   CPU µs (node)   of the peer`);
  for (const [at, { count, cpu }] of measured.entries()) {
    const share = ((rates[at] ?? 0) / (rates[1] ?? 1)) * 100;
    console.log(
      `${(names[at] ?? '').padEnd(50)} ${(rates[at] ?? 0).toFixed(0).padStart(6)}   ${(cpu / count).toFixed(0).padStart(13)}   ${share.toFixed(0).padStart(9)} %${at === 2 ? '   goal >= 50 %' : ''}`,
    );
  }
} finally {
  await host.stop();
  await server.stop();
}
