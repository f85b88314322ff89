/**
 * A contributed route that reads one row of its tenant, through the whole pipeline: credential, tenant, permission, plugin, unit of work,
 * row-level security. Peer: the same Hono app with the same query, in a transaction that sets the tenant; beside it, without a transaction.
 * In one process, without sockets: what is compared is the work, not the network.
 */
import { definePlugin } from '@podlift/sdk';
import { openapi, route } from '@podlift/sdk/http';
import { migration } from '@podlift/sdk/sql';
import { createTestHost } from '@podlift/testkit';
import { startTestServer } from '@podlift/testkit/postgres';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

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

interface Measured {
  count: number;
  seconds: number;
  cpu: number;
}

/** In turns, so that a busy moment of the machine meets all of them. */
async function measureInTurns(
  runs: readonly (() => Promise<unknown>)[],
  rounds = 8,
  ms = 600,
  together = 32,
): Promise<readonly Measured[]> {
  const all = runs.map((): Measured => ({ count: 0, seconds: 0, cpu: 0 }));
  for (let round = -1; round < rounds; round++)
    for (const [at, run] of runs.entries()) {
      const cpu = process.cpuUsage();
      const from = performance.now();
      const until = Date.now() + ms;
      let count = 0;
      await Promise.all(
        Array.from({ length: together }, async () => {
          for (; Date.now() < until; count++) await run();
        }),
      );
      const { user, system } = process.cpuUsage(cpu);
      const one = all[at];
      // The first round warms up.
      if (!one || round < 0) continue;
      one.count += count;
      one.seconds += (performance.now() - from) / 1000;
      one.cpu += user + system;
    }
  return all;
}

const server = await startTestServer({ durable: true });
const host = await createTestHost({ plugins: [plugin], postgres: server, strict: false, jobs: false });
try {
  const tenant = await host.tenant();
  await host.rooms.database.admin('insert into p_bench_items.item (tenant_id, id, name) values ($1, $2, $3)', [
    tenant,
    'a',
    'An item',
  ]);
  const headers = host.credential({ tenant, permissions: ['items:read'] });
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
  const ask = (app: { request(path: string, init: RequestInit): Response | Promise<Response> }) => async () => {
    const answer = await app.request('/api/v1/items/a', { headers });
    const text = await answer.text();
    if (!text.includes('An item')) throw new Error(text);
  };
  const names = [
    'the same Hono route, one query, no transaction',
    'the same Hono route, in a transaction',
    'contributed route, the whole pipeline',
  ];
  const measured = await measureInTurns([ask(alone), ask(inTransaction), ask(host.app)]);
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
