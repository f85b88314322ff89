import { definePlugin, method, service, uuidv7 } from '@podlift/sdk';
import { count, migration, rollup, sum, type RollupQuery } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 27);
/** Over the hour that Berlin leaves out on 29 March. */
const RANGE = { from: new Date(START), to: new Date(START + 5 * DAY) };
const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'] as const;

const sales = rollup({
  name: 'sale_count',
  from: 'sale',
  time: { id: 'id' },
  dimensions: { shop: 'text', campaign: 'uuid' },
  measures: { sales: count(), micros: sum('micros'), large: count('micros > 500') },
});
const visits = rollup({
  name: 'visit_count',
  from: 'visit',
  time: { column: 'seen' },
  dimensions: {},
  measures: { visits: count() },
});

const Json = z.object({ json: z.string() });
const api = service('counter.api@1', {
  sql: method(z.object({ sql: z.string(), values: z.array(z.json()) }), Json),
  mark: method(z.object({ from: z.number(), to: z.number() }), z.object({})),
  refresh: method(z.object({ hours: z.int(), waitMs: z.int() }), z.object({ left: z.int() })),
  rebuild: method(z.object({}), z.object({})),
  read: method(z.object({ query: z.json() }), Json),
  compare: method(z.object({}), Json),
});

const m0001 = migration('0001_sale', (schema) => {
  schema.tenantTable({
    name: 'sale',
    columns: { id: 'uuid not null', shop: 'text', campaign: 'uuid', micros: 'bigint not null' },
    privacy: { id: 'none', shop: 'none', campaign: 'none', micros: 'none' },
  });
  schema.tenantTable({
    name: 'visit',
    columns: { id: 'uuid not null', seen: 'timestamptz not null' },
    privacy: { id: 'none', seen: 'none' },
  });
  schema.rollup(sales);
  schema.rollup(visits);
});

const toJson = (value: unknown): { json: string } => ({
  json: JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)),
});

const counter = definePlugin(
  {
    id: 'test.counter',
    version: '1.0.0',
    sdk: '^0.1',
    license: 'Apache-2.0',
    capabilities: ['data:sql'],
    provides: [api],
    data: { migrations: [m0001] },
  },
  ({ provide }) => {
    provide(api, {
      sql: async ({ sql, values }, { db }) => toJson(await db.query(sql, [db.tenant, ...values])),
      mark: async ({ from, to }, { db }) => {
        await sales.mark(db, [{ from: new Date(from), to: new Date(to) }]);
        await visits.mark(db, [{ from: new Date(from), to: new Date(to) }]);
        return {};
      },
      refresh: async ({ hours, waitMs }, { db }) => {
        const left = await sales.refresh(db, { hours });
        await visits.refresh(db, { hours });
        await db.query('select pg_sleep($1::float8 / 1000)', [waitMs]);
        return { left: left.hours };
      },
      rebuild: async (_, { db }) => {
        await sales.rebuild(db, RANGE);
        await visits.rebuild(db, RANGE);
        return {};
      },
      read: async ({ query }, { db }) => {
        // Written as JSON by the tests below.
        const asked = query as unknown as Omit<RollupQuery<'shop'>, 'from' | 'to'> & { from: string; to: string };
        return toJson(await sales.read(db, { ...asked, from: new Date(asked.from), to: new Date(asked.to) }));
      },
      compare: async (_, { db }) => toJson([...(await sales.compare(db, RANGE)), ...(await visits.compare(db, RANGE))]),
    });
  },
);

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [counter], clock: START });
});
afterAll(() => host.stop());

type Method = keyof (typeof api)['methods'];
const call = async (tenant: string, name: Method, input: object): Promise<unknown> => {
  const answer = (await host.call(['counter.api@1', name], input, { tenant, timeoutMs: 60_000 })) as { json?: string };
  return answer.json === undefined ? answer : JSON.parse(answer.json);
};
const sql = (tenant: string, text: string, ...values: unknown[]): Promise<unknown> =>
  call(tenant, 'sql', { sql: text, values });
const refresh = (tenant: string, hours = 1000, waitMs = 0): Promise<unknown> =>
  call(tenant, 'refresh', { hours, waitMs });
const compare = (tenant: string): Promise<unknown> => call(tenant, 'compare', {});
const CAMPAIGNS = [null, uuidv7(), uuidv7()];

/** The same draws every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function sell(tenant: string, at: number, shop: string | null, campaign: string | null, micros: number) {
  await sql(
    tenant,
    'insert into sale (tenant_id, id, shop, campaign, micros) values ($1, $2, $3, $4, $5)',
    uuidv7(at),
    shop,
    campaign,
    micros,
  );
  await call(tenant, 'mark', { from: at, to: at });
}

describe('a roll-up', () => {
  test('says what the source says, whatever was added, changed and removed, early and late', async () => {
    const tenant = await host.tenant();
    const other = await host.tenant();
    await sell(other, START, 'other', null, 1);
    const draw = random(7);
    for (let step = 0; step < 120; step++) {
      const at = START + draw(5 * 24 * 60) * 60_000;
      const shop = [null, 'a', 'b', ''][draw(4)] ?? null;
      if (draw(10) < 8) await sell(tenant, at, shop, CAMPAIGNS[draw(3)] ?? null, draw(1000));
      else {
        const hour = [uuidv7(at - (at % HOUR)), uuidv7(at - (at % HOUR) + HOUR)];
        const change = draw(2) === 0 ? 'delete from sale' : 'update sale set micros = micros + 7';
        await sql(tenant, `${change} where tenant_id = $1 and id >= $2 and id < $3`, ...hour);
        await call(tenant, 'mark', { from: at, to: at });
      }
      if (draw(6) === 0) await refresh(tenant, 1 + draw(5));
    }
    expect(await refresh(tenant)).toEqual({ left: 0 });
    expect(await compare(tenant)).toEqual([]);
    // Not vacuous: what is not marked is seen to differ.
    await sql(tenant, 'insert into sale (tenant_id, id, shop, micros) values ($1, $2, $3, 5)', uuidv7(START), 'new');
    expect(await compare(tenant)).toEqual([
      {
        at: new Date(START).toISOString(),
        dimensions: { shop: 'new', campaign: null },
        kept: { sales: 0, micros: 0, large: 0 },
        raw: { sales: 1, micros: 5, large: 0 },
      },
    ]);
    await call(tenant, 'rebuild', {});
    await refresh(tenant);
    expect(await compare(tenant)).toEqual([]);

    for (const zone of ZONES)
      for (const by of ['quarter', 'hour', 'day', 'week', 'month', 'total']) {
        const unit = by === 'quarter' ? `date_bin('15 minutes', at, 'epoch')` : `date_trunc('${by}', at, $4)`;
        const expected = await sql(
          tenant,
          `select ${by === 'total' ? 'null' : unit} as at, nullif(shop, '') as shop, count(*)::int as sales, sum(micros)::int as micros,
             (count(*) filter (where micros > 500))::int as large
           from (select *, uuid_extract_timestamp(id) as at from sale where tenant_id = $1) s
           where at >= $2 and at < $3 and $4::text is not null group by 1, 2 order by 1, 2`,
          RANGE.from.toISOString(),
          RANGE.to.toISOString(),
          zone,
        );
        const query = { ...RANGE, by, zone, dimensions: ['shop'] };
        const read = (await call(tenant, 'read', { query: JSON.parse(JSON.stringify(query)) })) as object[];
        expect({ zone, by, rows: read }).toEqual({ zone, by, rows: expected });
      }
  });

  test('reads only the values that were asked for, null among them, and nothing of others', async () => {
    const [one, two] = [await host.tenant(), await host.tenant()];
    const [, first, second] = CAMPAIGNS;
    for (const campaign of [null, first ?? null, second ?? null]) await sell(one, START, 'a', campaign, 10);
    await sell(two, START, 'a', null, 99);
    await refresh(one);
    const read = (where: object): Promise<unknown> =>
      call(one, 'read', { query: { from: RANGE.from.toISOString(), to: RANGE.to.toISOString(), by: 'total', where } });
    expect(await read({})).toEqual([{ at: null, sales: 3, micros: 30, large: 0 }]);
    expect(await read({ campaign: [null, first] })).toEqual([{ at: null, sales: 2, micros: 20, large: 0 }]);
    expect(await read({ shop: ['b'] })).toEqual([]);
    await expect(read({ 'shop) or (true': ['b'] })).rejects.toMatchObject({ code: 'invalid_contract' });
  });

  test('what lands while it is refreshed is not lost', async () => {
    const tenant = await host.tenant();
    const at = START + 10 * HOUR;
    await sell(tenant, at, 'a', null, 1);
    const slow = refresh(tenant, 100, 400);
    const during = Array.from({ length: 20 }, (_, n) => sell(tenant, at + n, 'a', null, 1));
    const second = refresh(tenant, 100);
    await Promise.all([slow, second, ...during]);
    await refresh(tenant);
    expect(await compare(tenant)).toEqual([]);
    const query = { from: RANGE.from.toISOString(), to: RANGE.to.toISOString(), by: 'day', zone: 'UTC' };
    expect(await call(tenant, 'read', { query })).toEqual([
      { at: new Date(START).toISOString(), sales: 21, micros: 21, large: 0 },
    ]);
  });

  test('hours of one day that are refreshed apart make one day', async () => {
    const tenant = await host.tenant();
    for (let hour = 0; hour < 24; hour++) await sell(tenant, START + hour * HOUR, 'a', null, 1);
    await Promise.all(Array.from({ length: 8 }, () => refresh(tenant, 3)));
    const query = { from: RANGE.from.toISOString(), to: RANGE.to.toISOString(), by: 'day', zone: 'UTC' };
    expect(await call(tenant, 'read', { query })).toMatchObject([{ sales: 24 }]);
  });
});

test.each([
  [{ name: 'a b' }],
  [{ dimensions: { tenant_id: 'uuid' } }],
  [{ dimensions: { 'x; drop table y': 'text' } }],
  [{ measures: {} }],
  [{ measures: { n: sum('a + b') } }],
  [{ dimensions: { n: 'text' }, measures: { n: count() } }],
] as const)('%o is refused', (wrong) => {
  const right = { name: 'n', from: 't', time: { id: 'id' }, dimensions: {}, measures: { n: count() } };
  expect(() => rollup({ ...right, ...wrong })).toThrow(expect.objectContaining({ code: 'invalid_contract' }));
});
