import { describe, expect, test } from 'vitest';
import { simulateAdditiveHazard } from './additive-hazard.ts';
import { AdditiveHazardDials } from './dials.ts';
import { KINDS, type MarketPlan, NONE } from './contract.ts';
import { planMarket } from './plan.ts';
import { RESPONSE_CURVE } from './response-curve.ts';
import { countTruth, measureResponseCurve } from './truth.ts';

const DAY = 86_400_000;
const dials = AdditiveHazardDials.parse({});
const plan = planMarket(1, dials);
const market = simulateAdditiveHazard(plan, 1, { touchpoints: 1_000_000 }, dials);
const { touchpoints, orders, responses } = market;

describe('the quarter', () => {
  test('has 12 shows, 40 campaigns in every slot and exactly the asked number of touchpoints', () => {
    expect([plan.shows.length, plan.campaigns.length, (plan.to - plan.from) / DAY]).toEqual([12, 40, 91]);
    expect(new Set(plan.placements.map(({ slot }) => slot)).size).toBe(3);
    expect(touchpoints.at.length).toBe(1_000_000);
    expect(new Set(plan.campaigns.map(({ code }) => code.toLowerCase())).size).toBe(40);
  });

  test('runs in the order of time, inside the range, from known households', () => {
    let wrong = 0;
    for (let i = 0; i < touchpoints.at.length; i++) {
      const at = touchpoints.at[i] ?? 0;
      if (at < (touchpoints.at[i - 1] ?? plan.from) || at >= plan.to) wrong++;
      if ((touchpoints.household[i] ?? Infinity) >= market.households) wrong++;
      const placement = touchpoints.placement[i] ?? 0;
      if (placement !== NONE && placement >= plan.placements.length) wrong++;
      if ((KINDS[touchpoints.kind[i] ?? 9] === 'visit') !== (placement === NONE)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('exposures lie in their campaign’s flight, 2 to 5 for each household that it reaches', () => {
    const heard = new Map<number, number>();
    let outside = 0;
    for (let i = 0; i < touchpoints.at.length; i++) {
      if (touchpoints.kind[i] !== 0) continue;
      const campaign = plan.placements[touchpoints.placement[i] ?? 0]?.campaign ?? 0;
      const at = touchpoints.at[i] ?? 0;
      const flight = plan.campaigns[campaign];
      if (!flight || at < flight.from || at >= flight.to) outside++;
      const pair = (touchpoints.household[i] ?? 0) * 64 + campaign;
      heard.set(pair, (heard.get(pair) ?? 0) + 1);
    }
    expect(outside).toBe(0);
    const times = new Set(heard.values());
    expect([...times].toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5]);
    expect([...heard.values()].reduce((sum, count) => sum + count, 0) / heard.size).toBeCloseTo(3.4, 1);
  });

  test.each(RESPONSE_CURVE)('$share of the responses of 60 days come within $days days', ({ days, share }) => {
    const all = measureResponseCurve(responses, Infinity, [days]);
    expect(all.responses).toBeGreaterThan(5000);
    expect(Math.abs((all.shares[0] ?? 0) - share)).toBeLessThan(0.02);
    const followed = measureResponseCurve(responses, plan.to, [days]);
    expect(followed.responses).toBeGreaterThan(800);
    expect(Math.abs((followed.shares[0] ?? 0) - share)).toBeLessThan(0.05);
  });

  test('2.3 % of the reached answer within 30 days, as in the published benchmark', () => {
    const reached = touchpoints.kind.filter((kind) => kind === 0).length / 3.4;
    const within = responses.at.filter((at, i) => at - (responses.exposedAt[i] ?? 0) <= 30 * DAY).length;
    expect(Math.abs(within / reached - 0.0229)).toBeLessThan(0.003);
  });

  test('every response before the end is a touchpoint of the data', () => {
    const seen = new Set<string>();
    touchpoints.at.forEach((at, i) => {
      if (touchpoints.kind[i] !== 0) seen.add(String(at));
    });
    expect(responses.at.filter((at) => at < plan.to && !seen.has(String(at))).length).toBe(0);
  });

  test('orders without a cause are a good part of all: credit models hand out more than advertising brought', () => {
    const truth = countTruth(plan, orders);
    const caused = truth.byCampaign.reduce((sum, { conversions }) => sum + conversions, 0);
    expect(caused + truth.baseline.conversions).toBe(orders.at.length);
    expect(truth.baseline.conversions / orders.at.length).toBeGreaterThan(0.3);
    const idle = plan.campaigns.flatMap(({ effect }, campaign) => (effect === 0 ? [campaign] : []));
    expect(idle.length).toBeGreaterThan(2);
    for (const campaign of idle) expect(truth.byCampaign[campaign]).toEqual({ conversions: 0, cents: 0 });
  });
});

describe('truth', () => {
  const small = AdditiveHazardDials.parse({ meanEffect: 0.05, campaigns: 8, shows: 5 });
  const full = planMarket(11, small);
  const list = (data: ReturnType<typeof simulateAdditiveHazard>) =>
    Array.from(data.orders.at, (at, i) => `${at} ${data.orders.household[i]} ${data.orders.cents[i]}`);

  test('is what a market without the campaign’s effect lacks, order by order', () => {
    const all = simulateAdditiveHazard(full, 11, { households: 3000 }, small);
    const truth = countTruth(full, all.orders);
    for (let campaign = 0; campaign < full.campaigns.length; campaign++) {
      const idle: MarketPlan = {
        ...full,
        campaigns: full.campaigns.map((one, index) => (index === campaign ? { ...one, effect: 0 } : one)),
      };
      const without = simulateAdditiveHazard(idle, 11, { households: 3000 }, small);
      const left = new Set(list(without));
      const lost = list(all).filter((order) => !left.has(order));
      expect(lost.length).toBe(truth.byCampaign[campaign]?.conversions);
      expect(list(all).length - left.size).toBe(lost.length);
    }
    expect(truth.byCampaign.reduce((sum, { conversions }) => sum + conversions, 0)).toBeGreaterThan(100);
  });

  test('the same seed gives the same bytes, another seed other ones, a bigger market the same first households', () => {
    const once = simulateAdditiveHazard(full, 3, { households: 500 }, small);
    expect(simulateAdditiveHazard(full, 3, { households: 500 }, small)).toEqual(once);
    expect(list(simulateAdditiveHazard(full, 4, { households: 500 }, small))).not.toEqual(list(once));
    const bigger = simulateAdditiveHazard(full, 3, { households: 900 }, small);
    const first = list(bigger).filter((_, i) => (bigger.orders.household[i] ?? 0) < 500);
    expect(first).toEqual(list(once));
  });

  test.each([0, 1, 7, 1000])('%i touchpoints are exactly that many', (touches) => {
    expect(simulateAdditiveHazard(full, 1, { touchpoints: touches }, small).touchpoints.at.length).toBe(touches);
  });
});

test.each([
  [{ days: 7, shows: 1, campaigns: 1 }],
  [{ shows: 30, campaigns: 500 }],
  [{ idleShare: 1 }],
  [{ meanEffect: 0 }],
  [{ meanEffect: 0.2, orderShare: 1, codeShare: 1, clickShare: 1 }],
  [{ baselineOrders: 0, baselineVisits: 0, unreachedShare: 0.9 }],
  [{ baselineOrders: 2, baselineVisits: 5 }],
])('dials at their ends give a whole market: %j', (given) => {
  const turned = AdditiveHazardDials.parse(given);
  const booked = planMarket(5, turned);
  const data = simulateAdditiveHazard(booked, 5, { touchpoints: 20_000 }, turned);
  expect(data.touchpoints.at.length).toBe(20_000);
  const { byCampaign, baseline } = countTruth(booked, data.orders);
  const caused = byCampaign.reduce((sum, { conversions }) => sum + conversions, 0);
  expect(caused + baseline.conversions).toBe(data.orders.at.length);
  expect(caused > 0).toBe(turned.meanEffect > 0 && turned.idleShare < 1);
  expect(baseline.conversions > 0).toBe(turned.baselineOrders > 0);
  for (const { from, to } of booked.campaigns) expect(booked.from <= from && from < to && to <= booked.to).toBe(true);
});

test('dials name what is wrong', () => {
  expect(AdditiveHazardDials.safeParse({ days: 1 }).error?.issues[0]?.path).toEqual(['days']);
});
