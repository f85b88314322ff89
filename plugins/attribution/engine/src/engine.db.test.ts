import { timeOfUuidv7, uuidv7 } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIMENSIONS, type Dimension, engine as engineService, Run } from './contract.ts';
import { extractJourneys } from './extract.ts';
import engine from './index.ts';
import { audience, book, type Booked, land, type Order, type Touch } from './testing/market.ts';
import { brokenModels, soundModels } from './testing/models.ts';
import { creditByDefinition, findJourneys, type PlainOrder } from './testing/reference.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const START = Math.floor(NOW / DAY) * DAY - 60 * DAY;
const QUARTER_HOUR = 15 * 60_000;

/** Numbers that are the same each time (an LCG is random enough to mix cases). */
function createDice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({
    plugins: [...audience, engine, soundModels, brokenModels],
    clock: new Date(NOW),
    jobs: false,
  });
});
afterAll(() => host.stop());

const SOUND = ['first-touch', 'last-touch', 'linear'] as const;
const ask = async (tenant: string, question: object): Promise<Run> =>
  Run.parse(await host.call([engineService.id, 'calculate'], question, { tenant }));
const range = { from: new Date(START), to: new Date(NOW) };

async function refund(tenant: string, orderId: string, household: string, amount?: string): Promise<void> {
  const properties = amount === undefined ? { order_id: orderId } : { order_id: orderId, revenue: amount };
  const body = JSON.stringify({
    batch: [
      {
        type: 'track',
        event: 'Order Refunded',
        userId: household,
        messageId: `refund ${orderId} ${household}`,
        properties,
      },
    ],
  });
  const answer = await host.request('/v1/batch', { method: 'POST', body }, { tenant });
  expect(answer.status).toBeLessThan(300);
}

describe('against a brute-force reference, over random data with ties, refunds and another tenant’s rows', () => {
  let tenant: string;
  let booked: Booked;
  const touches: Touch[] = [];
  const orders: PlainOrder[] = [];
  const placementOf = (id: string | null) => booked.placements.find((one) => one.id === id);
  const keyOf = (dimension: Dimension, placement: string | null): string | null => {
    const found = placementOf(placement);
    if (!found) return null;
    if (dimension === 'placement') return found.id;
    if (dimension === 'show') return booked.shows[found.show] ?? null;
    return (dimension === 'campaign' ? booked.campaigns[found.campaign] : booked.sponsors[found.campaign % 2]) ?? null;
  };

  beforeAll(async () => {
    tenant = await host.tenant();
    booked = await book(host, tenant, 5);
    const other = await host.tenant();
    const others = await book(host, other, 2);
    const dice = createDice(7);
    const households = Array.from({ length: 14 }, () => uuidv7());
    const slot = (): number => START + dice((60 * DAY) / QUARTER_HOUR) * QUARTER_HOUR;
    for (let i = 0; i < 1500; i++) {
      const placement = dice(6) === 0 ? null : (booked.placements[dice(15)]?.id ?? null);
      touches.push({ at: slot(), household: households[dice(14)] ?? '', placement });
    }
    const landed: Order[] = Array.from({ length: 250 }, (_, i) => ({
      at: slot(),
      household: dice(9) === 0 ? uuidv7() : (households[dice(14)] ?? ''),
      orderId: `order ${i}`,
      micros: BigInt(1 + dice(100)) * 1_000_000n,
      currency: dice(8) === 0 ? 'EUR' : 'USD',
      code: dice(4) === 0 ? `C${dice(5)}` : null,
    }));
    await land(host, tenant, touches, landed);
    // The same households at another tenant: nothing of it may be seen here.
    const foreign = touches.map((touch) => ({ ...touch, placement: others.placements[0]?.id ?? null }));
    await land(host, other, foreign, landed);
    const refunds = new Map<string, bigint>();
    for (const { orderId, household, micros, currency } of landed.filter((_, i) => i % 11 === 0 || i % 17 === 0)) {
      if (currency !== 'USD') continue;
      const whole = dice(2) === 0;
      await refund(tenant, orderId, household, whole ? undefined : `${Number(micros) / 2e6}`);
      refunds.set(orderId, whole ? micros : micros / 2n);
    }
    const ids = new Map((await readIds('orders_v1')).map(({ id, order_id: orderId }) => [orderId ?? '', id]));
    for (const { at, household, orderId, micros, currency = 'USD', code } of landed)
      orders.push({
        id: ids.get(orderId) ?? '',
        at,
        household,
        micros,
        currency,
        refunded: refunds.get(orderId) ?? 0n,
        codeKey: code ?? null,
      });
  });

  /** Ids as the database gave them, for the order of ties. */
  const readIds = (view: string) =>
    host.rooms.database.admin<{ id: string; order_id?: string; household: string; placement_id: string | null }>(
      `select * from p_podlift_tracking.${view} where tenant_id = $1`,
      [tenant],
    );

  test.each(DIMENSIONS.flatMap((dimension) => [1, 7, 30, 90].map((windowDays) => [dimension, windowDays] as const)))(
    '%s within %i days',
    async (dimension, windowDays) => {
      const stored = await readIds('touchpoints_v1');
      const plain = stored.map(({ id, household, placement_id: placement }) => ({
        id,
        household,
        at: timeOfUuidv7(id),
        key: keyOf(dimension, placement),
      }));
      expect(plain.length).toBe(touches.length);
      const [from, to] = [START + 10 * DAY, START + 50 * DAY];
      const codeKey = (code: string | null): string | null => {
        const campaign = code === null ? -1 : Number(code.slice(1));
        if (dimension === 'campaign') return booked.campaigns[campaign] ?? null;
        return dimension === 'sponsor' && campaign >= 0 ? (booked.sponsors[campaign % 2] ?? null) : null;
      };
      const expected = findJourneys(
        plain,
        orders.map((order) => ({ ...order, codeKey: codeKey(order.codeKey) })),
        { from, to, windowDays, most: 500 },
      );
      const run = await ask(tenant, {
        dimension,
        windowDays,
        models: [...SOUND],
        from: new Date(from),
        to: new Date(to),
      });
      const attributed = expected.filter(({ keys }) => keys.length > 0);
      expect(run.totals.conversions).toBe(expected.length);
      expect(run.totals.attributed).toBe(attributed.length);
      expect(run.totals.touches).toBe(expected.reduce((sum, { keys }) => sum + keys.length, 0));
      SOUND.forEach((model, place) => {
        const credit = creditByDefinition(expected, model);
        expect(run.models[place]?.error).toBeNull();
        expect(Math.abs((run.models[place]?.conversions ?? 0) - attributed.length)).toBeLessThan(1e-9);
        for (const { key, conversions } of run.rows)
          expect(Math.abs((conversions[place] ?? NaN) - (credit.get(key) ?? 0))).toBeLessThan(1e-9);
        expect(new Set(run.rows.map(({ key }) => key))).toEqual(new Set(expected.flatMap(({ keys }) => keys)));
      });
      const usd = new Map(orders.map(({ id, currency }) => [id, currency]));
      const worth = attributed
        .filter(({ order }) => usd.get(order) === 'USD')
        .reduce((sum, { micros }) => sum + micros, 0n);
      for (const { valueMicros } of run.models) expect(valueMicros).toBe(worth);
      expect(run.totals.otherCurrency).toBe(expected.filter(({ order }) => usd.get(order) !== 'USD').length);
    },
  );

  test('pages of orders, however small, give the same journeys', async () => {
    const selection = { tenant, ...range, dimension: 'campaign', windowDays: 30 } as const;
    const extract = (ordersAPage?: number) =>
      host.rooms.database.withTenant({ tenant, role: 'p_podlift_engine' }, (tx) =>
        extractJourneys(tx, selection, ordersAPage),
      );
    const whole = await extract();
    expect(whole.journeys.values.length).toBeGreaterThan(200);
    expect(await extract(7)).toEqual(whole);
    expect(await extract(1)).toEqual(whole);
  });

  test('the same question gives the same input hash and the same credit; another window does not', async () => {
    const [one, two, other] = [
      await ask(tenant, range),
      await ask(tenant, range),
      await ask(tenant, { ...range, windowDays: 3 }),
    ];
    expect(two.inputHash).toBe(one.inputHash);
    expect(two.rows).toEqual(one.rows);
    expect(two.id).not.toBe(one.id);
    expect(other.inputHash).not.toBe(one.inputHash);
  });
});

test('a touch that tracking calls direct is marked, an order of which only a code speaks is not', async () => {
  const tenant = await host.tenant();
  const { placements } = await book(host, tenant, 1);
  const [{ id: placement } = { id: null }] = placements;
  const [household, coded] = [uuidv7(), uuidv7()];
  const at = START + 20 * DAY;
  const channels = ['podcast', 'direct', 'shop.example/referral'];
  await land(
    host,
    tenant,
    channels.map((channel, i) => ({ at: at - (9 - i) * DAY, household, placement, channel })),
    [
      { at, household, orderId: 'A', micros: 1n },
      { at: at + 1000, household: coded, orderId: 'B', micros: 1n, code: 'C0' },
    ],
  );
  const direct = async (windowDays: number) => {
    const { journeys, byCode } = await host.rooms.database.withTenant({ tenant, role: 'p_podlift_engine' }, (tx) =>
      extractJourneys(tx, { tenant, ...range, dimension: 'campaign', windowDays }),
    );
    return [[...journeys.offsets], [...journeys.direct], byCode];
  };
  expect(await direct(30)).toEqual([[0, 3, 4], [0, 1, 0, 0], 1]);
  expect(await direct(9)).toEqual([[0, 2, 3], [1, 0, 0], 1]);
});

test('a run remembers the settings with which a model computed', async () => {
  const tenant = await host.tenant();
  const run = await ask(tenant, { ...range, models: ['first-touch', 'linear'] });
  expect(run.models.map(({ parameters }) => parameters)).toEqual([undefined, { evenly: true }]);
  expect(Run.parse((await latest(tenant)).run)).toEqual(run);
});

test('by hand: two touches, an order of 60, half of it paid back later, then all of it', async () => {
  const tenant = await host.tenant();
  const { placements, campaigns } = await book(host, tenant, 2);
  const household = uuidv7();
  const at = START + 20 * DAY;
  const of = (campaign: number) => placements.find((one) => one.campaign === campaign)?.id ?? null;
  await land(
    host,
    tenant,
    [
      { at: at - 2 * DAY, household, placement: of(0) },
      { at: at - DAY, household, placement: of(1) },
      { at: at - DAY / 2, household, placement: null, kind: 'visit' },
    ],
    [{ at, household, orderId: 'A', micros: 60_000_000n }],
  );
  const credits = async () => {
    const run = await ask(tenant, { ...range, models: ['first-touch', 'last-touch', 'linear'] });
    const row = (campaign: number) => run.rows.find(({ key }) => key === campaigns[campaign]);
    return [row(0)?.conversions, row(1)?.conversions, row(0)?.valueMicros, row(1)?.valueMicros];
  };
  expect(await credits()).toEqual([
    [1, 0, 0.5],
    [0, 1, 0.5],
    [60_000_000n, 0n, 30_000_000n],
    [0n, 60_000_000n, 30_000_000n],
  ]);
  await refund(tenant, 'A', household, '30');
  expect((await credits())[2]).toEqual([30_000_000n, 0n, 15_000_000n]);
  await refund(tenant, 'A', 'somebody who knows the order', '30');
  expect(await credits()).toEqual([undefined, undefined, undefined, undefined]);
});

test('models that break the contract are named, each with its reason, and take nothing from the others', async () => {
  const tenant = await host.tenant();
  const { placements } = await book(host, tenant, 1);
  const household = uuidv7();
  const [placement = null] = placements.map(({ id }) => id);
  const at = START + 5 * DAY;
  await land(
    host,
    tenant,
    [at - 1000, at].map((when) => ({ at: when, household, placement })),
    [{ at, household, orderId: 'A', micros: 1n }],
  );
  const run = await ask(tenant, range);
  expect(run.models.map(({ id, error }) => [id, error])).toEqual([
    ['first-touch', null],
    ['last-touch', null],
    ['linear', null],
    ['nan', 'test.broken does not keep the contract of a model: touch 1 of journey 1 got NaN'],
    ['short', 'test.broken does not keep the contract of a model: it returned 1 shares for 2 touches'],
    ['throws', 'the model broke'],
    ['twice', 'test.broken does not keep the contract of a model: the shares of journey 1 sum to 2, not to one'],
  ]);
  expect(run.rows[0]?.conversions).toEqual([1, 1, 1, null, null, null, null]);
  const read = Run.parse((await latest(tenant)).run);
  expect(read).toEqual(run);
});

const latest = async (tenant: string) =>
  (await host.call([engineService.id, 'latest'], {}, { tenant })) as { run: unknown };

test('a tenant without orders has a run without rows; its latest run is its own', async () => {
  const tenant = await host.tenant();
  expect(await latest(tenant)).toEqual({ run: null });
  const run = await ask(tenant, { ...range, models: ['linear'] });
  expect([run.totals.conversions, run.rows, run.currency, run.models[0]?.conversions]).toEqual([0, [], null, 0]);
  expect((await host.events(tenant, 'attribution.calculated@1')).map(({ payload }) => payload)).toEqual([
    { runId: run.id, dimension: 'campaign' },
  ]);
});

test('a run is never changed: the plugin’s role may not', async () => {
  const tenant = await host.tenant();
  await ask(tenant, { ...range, models: ['linear'] });
  const change = host.rooms.database.withTenant({ tenant, role: 'p_podlift_engine' }, (tx) =>
    tx.query(`update attribution_runs set currency = 'XXX' where tenant_id = $1`, [tenant]),
  );
  await expect(change).rejects.toThrow(/permission denied/);
});
