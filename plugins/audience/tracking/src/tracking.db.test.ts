import campaigns from '@podlift/audience-campaigns';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { uuidv7 } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { landed } from './contract.ts';
import tracking from './index.ts';

let host: TestHost;
const DAY = 86_400_000;
beforeAll(async () => {
  host = await createTestHost({ plugins: [campaigns, tracking], jobs: true });
});
afterAll(() => host?.stop());

/** Delivers what landed, and runs the job that brings roll-ups up to date. */
async function settle(): Promise<void> {
  await host.drain();
  host.clock.advance(10_000);
  await host.drain();
}

interface Answer {
  readonly status: number;
  readonly json: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly errors: { index: number; code: string; path?: string }[];
    readonly code: string;
  };
}
const post = async (tenant: string, call: string, body: unknown): Promise<Answer> => {
  const response = await host.request(
    `/v1/${call}`,
    { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
    { tenant, permissions: ['tracking:write'] },
  );
  return { status: response.status, json: await response.json() };
};
const batch = (tenant: string, items: readonly unknown[]) => post(tenant, 'batch', { batch: items });
const list = async (tenant: string, path: string) =>
  (await (await host.request(`/api/v1/${path}`, {}, { tenant })).json()).items;
const page = (messageId: string, more: object = {}) => ({ type: 'page', messageId, anonymousId: 'a', ...more });
const order = (order_id: string, more: object = {}, event = 'Order Completed') => ({
  type: 'track',
  event,
  messageId: uuidv7(),
  userId: 'u',
  properties: { order_id, revenue: 59.9, currency: 'USD', ...more },
});
const ago = (days: number): string => new Date(host.clock.now() - days * DAY).toISOString();

describe('a message counts once', () => {
  test('within a batch and across batches', async () => {
    const tenant = await host.tenant();
    expect(await batch(tenant, [page('1'), page('2'), page('1')])).toMatchObject({
      status: 200,
      json: { accepted: 2, duplicates: 1 },
    });
    expect(await batch(tenant, [page('2'), page('3')])).toMatchObject({ json: { accepted: 1, duplicates: 1 } });
    expect(await list(tenant, 'touchpoints')).toHaveLength(3);
  });

  test('and one without an id counts each time', async () => {
    const tenant = await host.tenant();
    const nameless = { type: 'page', anonymousId: 'a' };
    expect(await batch(tenant, [nameless, nameless])).toMatchObject({ json: { accepted: 2, duplicates: 0 } });
    expect(await list(tenant, 'touchpoints')).toHaveLength(2);
  });

  test('whatever day it names', async () => {
    const tenant = await host.tenant();
    await batch(tenant, [page('m', { timestamp: ago(1) })]);
    expect(await batch(tenant, [page('m', { timestamp: ago(40) })])).toMatchObject({
      json: { accepted: 0, duplicates: 1 },
    });
  });

  test('for each tenant on its own', async () => {
    const [one, two] = [await host.tenant(), await host.tenant()];
    await batch(one, [page('m')]);
    expect(await batch(two, [page('m')])).toMatchObject({ json: { accepted: 1 } });
    const [a] = await list(one, 'touchpoints');
    const [b] = await list(two, 'touchpoints');
    expect(a.household).not.toBe(b.household);
  });

  test('in 200 requests at once, half of them repeated', async () => {
    const tenants = await Promise.all([host.tenant(), host.tenant(), host.tenant()]);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        post(tenants[i % 3] ?? '', 'track', { event: 'x', anonymousId: 'a', messageId: `m${i % 100}` }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const sum = (field: 'accepted' | 'duplicates') => answers.reduce((total, { json }) => total + json[field], 0);
    const distinct = new Set(Array.from({ length: 200 }, (_, i) => `${i % 3}/${i % 100}`)).size;
    expect([sum('accepted'), sum('duplicates')]).toEqual([distinct, 200 - distinct]);
    for (const tenant of tenants) expect((await list(tenant, 'touchpoints?limit=500')).length).toBeGreaterThan(60);
  });
});

test('tidying forgets old message ids and joins what came late', async () => {
  const tenant = await host.tenant();
  await batch(tenant, [page('m')]);
  await host.rooms.database.admin(
    'update p_podlift_tracking.touchpoint_key set seen = current_date - 31 where tenant_id = $1',
    [tenant],
  );
  await batch(tenant, [{ type: 'identify', anonymousId: 'a', userId: 'u' }, order('1')]);
  const run = {
    plugin: 'podlift.tracking',
    target: target.job('tidy'),
    input: {},
    extra: { id: 'x', attempt: 1 },
    tenant,
  };
  await host.plugins.invoke({ ...run, actor: { kind: 'system', id: 'test' } });
  expect(await batch(tenant, [page('m')])).toMatchObject({ json: { accepted: 1 } });
  const [bought] = await list(tenant, 'orders');
  expect(await list(tenant, `touchpoints?household=${bought.household}`)).toHaveLength(1);
});

describe('orders', () => {
  test('count once by their order id, whatever their message', async () => {
    const tenant = await host.tenant();
    expect(await batch(tenant, [order('1001'), order('1001'), order('1002')])).toMatchObject({
      json: { accepted: 2, duplicates: 1 },
    });
    expect(await batch(tenant, [order('1001', { revenue: 1 })])).toMatchObject({
      json: { accepted: 0, duplicates: 1 },
    });
    expect(await list(tenant, 'orders?orderId=1001')).toMatchObject([
      { value: { amount: '59.90', currency: 'USD' }, status: 'confirmed' },
    ]);
  });

  test('are refunded in part, then whole, each refund once; a refund may come first', async () => {
    const tenant = await host.tenant();
    const part = order('1', { revenue: undefined, total: '9.90' }, 'Order Refunded');
    await batch(tenant, [part, order('1'), part]);
    expect(await list(tenant, 'orders')).toMatchObject([
      { refunded: { amount: '9.90' }, status: 'partially_refunded' },
    ]);
    await batch(tenant, [order('1', { revenue: undefined }, 'Order Refunded')]);
    expect(await list(tenant, 'orders')).toMatchObject([{ refunded: { amount: '59.90' }, status: 'refunded' }]);
  });

  test('and touchpoints are told per tenant and flight, never per event', async () => {
    const tenant = await host.tenant();
    await batch(tenant, [
      ...Array.from({ length: 50 }, (_, i) => page(`m${i}`, { timestamp: ago(i % 5) })),
      order('1'),
    ]);
    const events = await host.events(tenant, landed.id);
    // The two land in flights of their own, and either may be first.
    const told = events.map(({ payload }) => landed.schema.parse(payload));
    expect(told.toSorted((a, b) => b.touchpoints - a.touchpoints)).toMatchObject([
      { touchpoints: 50, orders: 0, from: ago(4), to: ago(0) },
      { touchpoints: 0, orders: 1 },
    ]);
  });
});

describe('campaigns', () => {
  const call = async (tenant: string, method: string, input: object): Promise<{ ids: string[] }> =>
    Object(await host.call(['campaigns.catalog@1', method], input, { tenant }));
  async function book(tenant: string) {
    const [sponsorId] = (await call(tenant, 'createSponsors', { items: [{ name: 'S' }] })).ids;
    const [campaignId = ''] = (await call(tenant, 'createCampaigns', { items: [{ sponsorId, name: 'Spring' }] })).ids;
    const [placementId = ''] = (await call(tenant, 'createPlacements', { items: [{ campaignId, showId: uuidv7() }] }))
      .ids;
    await call(tenant, 'createCodes', { items: [{ code: 'TIM10', campaignId, placementId }] });
    return { campaignId, placementId };
  }

  test('are found by code, utm or id', async () => {
    const tenant = await host.tenant();
    const { campaignId, placementId } = await book(tenant);
    await batch(tenant, [
      order('1', { coupon: 'tim10' }),
      page('1', { context: { campaign: { name: 'SPRING', source: 'pod' } } }),
      page('2', { properties: { placement_id: placementId } }),
    ]);
    expect(await list(tenant, `orders?campaignId=${campaignId}`)).toMatchObject([{ placementId, code: 'tim10' }]);
    expect(await list(tenant, `touchpoints?campaignId=${campaignId}`)).toHaveLength(2);
    expect(await list(tenant, `touchpoints?placementId=${placementId}`)).toMatchObject([
      { evidence: 'id', kind: 'visit', channel: 'podcast' },
    ]);
  });

  test('that were created a moment ago are known', async () => {
    const tenant = await host.tenant();
    await batch(tenant, [page('warm')]);
    const { campaignId } = await book(tenant);
    expect(await batch(tenant, [page('1', { properties: { campaign_id: campaignId } })])).toMatchObject({
      status: 200,
      json: { accepted: 1 },
    });
  });

  test('that nobody knows, or that belong to somebody else, are an error of their item', async () => {
    const [tenant, other] = [await host.tenant(), await host.tenant()];
    const { campaignId } = await book(other);
    const answer = await batch(tenant, [page('1', { properties: { campaign_id: campaignId } }), page('2')]);
    expect(answer).toMatchObject({
      status: 202,
      json: { accepted: 1, errors: [{ index: 0, code: 'tracking.campaign_unknown' }] },
    });
  });
});

describe('links', () => {
  test('lead to their target with their parameters, and count the click', async () => {
    const tenant = await host.tenant();
    const call = async (method: string, input: object): Promise<string> =>
      Object(await host.call(['campaigns.catalog@1', method], input, { tenant })).ids[0];
    const sponsorId = await call('createSponsors', { items: [{ name: 'S' }] });
    const campaignId = await call('createCampaigns', { items: [{ sponsorId, name: 'Spring' }] });
    await call('createLinks', {
      items: [
        {
          slug: 'tim',
          target: 'https://b.example/tim?a=1#top',
          campaignId,
          utm: { source: 'pod', campaign: 'spring' },
        },
      ],
    });
    const follow = (slug: string) =>
      host.request(`/l/${slug}?to=https://evil.example`, {}, { tenant, anonymous: true });
    const answer = await follow('tim');
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      'https://b.example/tim?a=1&utm_source=pod&utm_campaign=spring&plc=tim#top',
    ]);
    expect((await follow('nope')).status).toBe(404);
    expect(await list(tenant, 'touchpoints?kind=click')).toMatchObject([{ campaignId, evidence: 'link' }]);
  });
});

describe('time', () => {
  test('late events land in their month; too late and future ones are told', async () => {
    const tenant = await host.tenant();
    const answer = await batch(tenant, [
      page('1', { timestamp: ago(399) }),
      page('2', { timestamp: ago(401) }),
      page('3', { timestamp: ago(-2) }),
      page('4'),
    ]);
    expect(answer).toMatchObject({
      status: 202,
      json: {
        accepted: 2,
        errors: [
          { index: 1, code: 'tracking.too_old' },
          { index: 2, code: 'tracking.in_future' },
        ],
      },
    });
    const rows = await list(tenant, 'touchpoints');
    expect(rows.map(({ at }: { at: string }) => at)).toEqual([ago(0), ago(399)]);
    const to = encodeURIComponent(ago(10));
    expect(await list(tenant, `touchpoints?to=${to}`)).toHaveLength(1);
  });

  test('is counted per day, in the days of a time zone, early and late', async () => {
    const tenant = await host.tenant();
    const ask = async (query = ''): Promise<Record<string, unknown>> =>
      (await host.request(`/api/v1/tracking/summary${query}`, {}, { tenant })).json();
    await batch(tenant, [page('1'), page('2', { timestamp: ago(1) }), order('1')]);
    await settle();
    const today = {
      day: ago(0).slice(0, 10),
      touchpoints: { page: 1 },
      orders: 1,
      revenue: [{ amount: '59.90', currency: 'USD' }],
    };
    expect(await ask()).toMatchObject({
      outdatedSince: null,
      days: [{ day: ago(1).slice(0, 10), touchpoints: { page: 1 }, orders: 0, revenue: [] }, today],
    });
    // A late one, and money that goes back: the day of the order says so.
    await batch(tenant, [
      page('3', { timestamp: ago(29) }),
      order('1', { revenue: undefined, total: '9.90' }, 'Order Refunded'),
    ]);
    await host.drain();
    expect(await ask()).toMatchObject({
      outdatedSince: expect.stringContaining(ago(29).slice(0, 10)),
      days: [{}, today],
    });
    await settle();
    expect(await ask()).toMatchObject({
      outdatedSince: null,
      days: [{ day: ago(29).slice(0, 10) }, {}, { ...today, revenue: [{ amount: '50.00', currency: 'USD' }] }],
    });
    const ahead = await ask('?timeZone=Pacific/Kiritimati');
    expect(ahead).toMatchObject({ timeZone: 'Pacific/Kiritimati' });
    expect((await ask('?timeZone=Mars/Olympus'))['errors']).toMatchObject([{ in: 'query', path: 'timeZone' }]);
  });
});

describe('what is wrong', () => {
  test.each([
    ['batch', '{"batch":[', 400, 'tracking.not_json'],
    ['batch', '[]', 400, 'tracking.not_json'],
    ['batch', '{}', 422, 'invalid_input'],
    ['track', '{"event":"x"}', 422, 'tracking.identity_missing'],
    ['track', '{"event":"x","userId":"u","timestamp":"soon"}', 422, 'tracking.timestamp_invalid'],
  ])('%s %s is a %i', async (call, body, status, code) => {
    const answer = await post(await host.tenant(), call, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  test('too many items, too large an item, too large a batch', async () => {
    const tenant = await host.tenant();
    expect(
      await batch(
        tenant,
        Array.from({ length: 501 }, (_, i) => page(`${i}`)),
      ),
    ).toMatchObject({ status: 422, json: { code: 'tracking.batch_too_long' } });
    expect(await batch(tenant, [page('1', { properties: { x: 'x'.repeat(40_000) } }), page('2')])).toMatchObject({
      status: 202,
      json: { accepted: 1, errors: [{ index: 0, code: 'tracking.item_too_large' }] },
    });
    expect(
      (
        await batch(
          tenant,
          Array.from({ length: 20 }, (_, i) => page(`${i}`, { properties: { x: 'x'.repeat(30_000) } })),
        )
      ).status,
    ).toBe(413);
  });

  test('a write key reads nothing', async () => {
    const tenant = await host.tenant();
    const response = await host.request('/api/v1/touchpoints', {}, { tenant, permissions: ['tracking:write'] });
    expect(response.status).toBe(403);
  });
});

describe('people', () => {
  test('are joined when they sign in', async () => {
    const tenant = await host.tenant();
    await batch(tenant, [page('1'), page('2', { anonymousId: 'b' })]);
    await batch(tenant, [{ type: 'identify', anonymousId: 'a', userId: 'u' }, order('1', { revenue: 5 })]);
    await host.drain();
    const [bought] = await list(tenant, 'orders');
    expect(await list(tenant, `touchpoints?household=${bought.household}`)).toHaveLength(1);
  });

  test('are stored as keys only', async () => {
    const tenant = await host.tenant();
    await batch(tenant, [
      { type: 'page', messageId: 'ip', context: { ip: '203.0.113.77' } },
      order('1', {}),
      page('1', { anonymousId: 'ann@example.com' }),
    ]);
    const dump = await host.rooms.database.admin<{ row: string }>(
      `select t::text as row from p_podlift_tracking.touchpoint t union all select o::text from p_podlift_tracking.orders o`,
    );
    expect(dump.map(({ row }) => row).join('\n')).not.toMatch(/203\.0\.113|ann@example/);
  });
});

describe('the bulk door', () => {
  test('lands columns, resolves placements, and says what it did not take', async () => {
    const tenant = await host.tenant();
    const rows = 5000;
    const households = Array.from(
      { length: rows },
      (_, i) => `00000000-0000-8000-8000-${String(i % 100).padStart(12, '0')}`,
    );
    const at = Float64Array.from({ length: rows }, (_, i) => host.clock.now() - (i % 30) * DAY);
    at[0] = 0;
    const kinds = households.map(() => 'impression');
    const messageIds = households.map((_, i) => `m${i}`);
    const input = { at, households, kinds, messageIds };
    expect(await host.call(['tracking.intake@1', 'touchpoints'], input, { tenant })).toMatchObject({
      accepted: rows - 1,
      duplicates: 0,
      rejected: [{ index: 0, code: 'tracking.too_old' }],
    });
    expect(await host.call(['tracking.intake@1', 'touchpoints'], input, { tenant })).toMatchObject({
      accepted: 0,
      duplicates: rows - 1,
    });

    const orders = {
      orderIds: ['1', '2', '2'],
      at: Float64Array.of(host.clock.now(), host.clock.now(), host.clock.now()),
      households: households.slice(0, 3),
      valuesMicros: BigInt64Array.of(5n, 6n, 7n),
      currencies: ['USD', 'USD', 'USD'],
      newCustomers: Uint8Array.of(1, 0, 2),
    };
    expect(await host.call(['tracking.intake@1', 'orders'], orders, { tenant })).toMatchObject({
      accepted: 2,
      duplicates: 1,
      rejected: [],
    });
    expect(await list(tenant, 'orders')).toHaveLength(2);
    await expect(
      host.call(['tracking.intake@1', 'touchpoints'], { ...input, kinds: ['page'] }, { tenant }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
