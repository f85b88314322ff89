import campaigns from '@podlift/audience-campaigns';
import { catalog } from '@podlift/audience-campaigns/contract';
import engine from '@podlift/attribution-engine';
import { engine as engineService, Run } from '@podlift/attribution-engine/contract';
import custom from '@podlift/attribution-custom';
import firstTouch from '@podlift/attribution-first-touch';
import lastNonDirect from '@podlift/attribution-last-non-direct';
import lastTouch from '@podlift/attribution-last-touch';
import linear from '@podlift/attribution-linear';
import positionBased from '@podlift/attribution-position-based';
import timeDecay from '@podlift/attribution-time-decay';
import podcasts from '@podlift/audience-podcasts';
import { shows as podcastShows } from '@podlift/audience-podcasts/contract';
import tracking from '@podlift/audience-tracking';
import { intake } from '@podlift/audience-tracking/contract';
import { uuidv7 } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import laboratory from './index.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const models = [custom, firstTouch, lastNonDirect, lastTouch, linear, positionBased, timeDecay];
const MODELS = [
  'custom',
  'first-touch',
  'last-non-direct',
  'last-touch',
  'linear',
  'position-based',
  'time-decay',
] as const;
type ModelId = (typeof MODELS)[number];

let host: TestHost;
beforeAll(async () => {
  const plugins = [podcasts, campaigns, tracking, engine, ...models, laboratory];
  host = await createTestHost({ plugins, clock: new Date(NOW), jobs: false });
});
afterAll(() => host.stop());

const range = { from: new Date(NOW - 100 * DAY), to: new Date(NOW + 1) };
const calculate = async (tenant: string, question: object = {}): Promise<Run> =>
  Run.parse(await host.call([engineService.id, 'calculate'], { ...range, ...question }, { tenant }));
const save = (tenant: string, model: ModelId, settings: object) =>
  host.rooms.settings.set(tenant, `podlift.${model}`, settings, { by: 'test' });

/** What each key got from a model, and what it was worth. */
const creditsOf = (run: Run, model: ModelId) => {
  const place = run.models.findIndex(({ id }) => id === model);
  return new Map(run.rows.map(({ key, conversions, valueMicros }) => [key, [conversions[place], valueMicros[place]]]));
};

describe('over the demo’s data', () => {
  let tenant: string;
  beforeAll(async () => {
    await host.plugins.runCommand({
      name: 'demo',
      options: { touchpoints: 20_000 },
      remove: false,
      io: () => undefined,
    });
    tenant = (await host.rooms.tenancy.bySlug('demo'))?.id ?? '';
  }, 60_000);

  test.each(['campaign', 'sponsor', 'show', 'placement'])(
    'by %s, every model hands out every order once',
    async (dimension) => {
      const run = await calculate(tenant, { dimension });
      expect(run.models.map(({ id, error }) => [id, error])).toEqual(MODELS.map((id) => [id, null]));
      expect(run.totals.attributed).toBeGreaterThan(50);
      const [{ valueMicros } = { valueMicros: 0n }] = run.models;
      for (const model of run.models) {
        expect(Math.abs(model.conversions - run.totals.attributed)).toBeLessThan(1e-9);
        expect(model.valueMicros).toBe(valueMicros);
      }
    },
  );

  test('extreme settings turn one model into another, key by key', async () => {
    await save(tenant, 'position-based', { shape: 'custom', weights: { first: 0, middle: 0, last: 7 } });
    await save(tenant, 'time-decay', { halfLifeDays: 365 });
    await save(tenant, 'custom', { rules: [] });
    const last = await calculate(tenant);
    expect(creditsOf(last, 'position-based')).toEqual(creditsOf(last, 'last-touch'));
    expect(creditsOf(last, 'custom')).toEqual(creditsOf(last, 'linear'));
    await save(tenant, 'position-based', { shape: 'custom', weights: { first: 0.5, middle: 0, last: 0 } });
    await save(tenant, 'time-decay', {});
    await save(tenant, 'custom', {
      rules: [{ place: 'first', weight: 2 }, { weight: 0 }],
    });
    const first = await calculate(tenant);
    expect(creditsOf(first, 'position-based')).toEqual(creditsOf(first, 'first-touch'));
    expect(creditsOf(first, 'custom')).toEqual(creditsOf(first, 'first-touch'));
    const distance = (run: Run): number =>
      run.rows.reduce(
        (sum, { conversions }) =>
          sum +
          Math.abs((conversions[MODELS.indexOf('time-decay')] ?? 0) - (conversions[MODELS.indexOf('linear')] ?? 0)),
        0,
      );
    expect(distance(last)).toBeLessThan(distance(first) / 10);
    expect(first.inputHash).toBe(last.inputHash);
  });

  test('direct visits have no campaign, so last non-direct and last touch agree', async () => {
    const run = await calculate(tenant);
    expect(creditsOf(run, 'last-non-direct')).toEqual(creditsOf(run, 'last-touch'));
  });
});

const Ids = z.object({ ids: z.array(z.uuid()) });

/** A tenant with a placement of each of `count` campaigns. */
async function book(count: number) {
  const tenant = await host.tenant();
  const create = async (target: readonly [string, string], input: object) =>
    Ids.parse(await host.call(target, input, { tenant })).ids;
  const [showId] = await create([podcastShows.id, 'create'], { shows: [{ title: 'Show' }] });
  const [sponsorId] = await create([catalog.id, 'createSponsors'], { items: [{ name: 'Sponsor' }] });
  const named = Array.from({ length: count }, (_, i) => ({ name: `Campaign ${i}`, sponsorId }));
  const keys = await create([catalog.id, 'createCampaigns'], { items: named });
  const placements = await create([catalog.id, 'createPlacements'], {
    items: keys.map((campaignId) => ({ campaignId, showId })),
  });
  return { tenant, keys, placements };
}

/** An order of 70 now, after touches of campaigns so many days before; `direct` ones are marked so. */
async function buy(
  { tenant, placements }: Awaited<ReturnType<typeof book>>,
  touches: readonly { readonly campaign: number; readonly days: number; readonly direct?: boolean }[],
  micros = 70_000_000n,
) {
  const household = uuidv7();
  await host.call(
    [intake.id, 'touchpoints'],
    {
      at: Float64Array.from(touches, ({ days }) => NOW - days * DAY),
      households: touches.map(() => household),
      kinds: touches.map(() => 'visit'),
      channels: touches.map(({ direct = false }) => (direct ? 'direct' : 'podcast')),
      placementIds: touches.map(({ campaign }) => placements[campaign] ?? null),
    },
    { tenant },
  );
  await host.call(
    [intake.id, 'orders'],
    {
      orderIds: [uuidv7()],
      at: Float64Array.of(NOW),
      households: [household],
      valuesMicros: BigInt64Array.of(micros),
      currencies: ['USD'],
    },
    { tenant },
  );
}

/** The credits of campaigns 0, 1, … by model. */
async function credits(market: Awaited<ReturnType<typeof book>>, model: ModelId) {
  const of = creditsOf(await calculate(market.tenant), model);
  return market.keys.map((key) => of.get(key)?.[0] ?? 0);
}
const near = (shares: readonly number[]) => shares.map((share): unknown => expect.closeTo(share, 12));

describe('by hand', () => {
  test('a direct touch that carries a campaign gives way, unless it is alone', async () => {
    const market = await book(2);
    await buy(market, [
      { campaign: 0, days: 3 },
      { campaign: 1, days: 1, direct: true },
    ]);
    expect([await credits(market, 'last-touch'), await credits(market, 'last-non-direct')]).toEqual([
      [0, 1],
      [1, 0],
    ]);
    await buy(market, [{ campaign: 1, days: 1, direct: true }]);
    expect(await credits(market, 'last-non-direct')).toEqual([1, 1]);
  });

  test('a touch of a half-life ago gets half of one now, and equal instants share', async () => {
    const market = await book(3);
    await buy(market, [
      { campaign: 0, days: 14 },
      { campaign: 1, days: 7 },
      { campaign: 2, days: 0 },
    ]);
    expect(await credits(market, 'time-decay')).toEqual(near([1 / 7, 2 / 7, 4 / 7]));
    await save(market.tenant, 'time-decay', { halfLifeDays: 3.5 });
    expect(await credits(market, 'time-decay')).toEqual(near([1 / 21, 4 / 21, 16 / 21]));
    const tied = await book(2);
    await buy(tied, [
      { campaign: 0, days: 7 },
      { campaign: 1, days: 7 },
    ]);
    expect(await credits(tied, 'time-decay')).toEqual([0.5, 0.5]);
  });

  test('U, J and inverse J, and the run says which it was', async () => {
    const market = await book(4);
    await buy(
      market,
      [0, 1, 2, 3].map((campaign) => ({ campaign, days: 9 - campaign })),
    );
    expect(await credits(market, 'position-based')).toEqual(near([0.4, 0.1, 0.1, 0.4]));
    await save(market.tenant, 'position-based', { shape: 'j' });
    expect(await credits(market, 'position-based')).toEqual(near([0.2, 0.1, 0.1, 0.6]));
    await save(market.tenant, 'position-based', { shape: 'inverse-j' });
    expect(await credits(market, 'position-based')).toEqual(near([0.6, 0.1, 0.1, 0.2]));
    const { models: used } = await calculate(market.tenant, { models: ['position-based', 'time-decay', 'linear'] });
    expect(used.map(({ parameters }) => parameters)).toEqual([
      { shape: 'inverse-j', first: 60, middle: 20, last: 20 },
      { halfLifeDays: 7 },
      undefined,
    ]);
  });

  test('rules of a tenant, and the run says which they were', async () => {
    const market = await book(3);
    await buy(market, [
      { campaign: 0, days: 9 },
      { campaign: 1, days: 3, direct: true },
      { campaign: 2, days: 2 },
    ]);
    const rules = [
      { direct: true, weight: 0 },
      { place: 'first', olderThanDays: 7, weight: 3 },
    ];
    await save(market.tenant, 'custom', { rules });
    expect(await credits(market, 'custom')).toEqual([0.75, 0, 0.25]);
    const [used] = (await calculate(market.tenant, { models: ['custom'] })).models;
    expect(used?.parameters).toEqual({ rules: JSON.stringify(rules) });
  });

  test('an order worth nothing is credited, one without a touch is not, by every model', async () => {
    const market = await book(2);
    await buy(
      market,
      [
        { campaign: 0, days: 2 },
        { campaign: 1, days: 1 },
      ],
      0n,
    );
    await buy(market, []);
    const run = await calculate(market.tenant);
    expect([run.totals.conversions, run.totals.attributed, run.totals.unattributed]).toEqual([2, 1, 1]);
    for (const { id, error, conversions, valueMicros } of run.models)
      expect([id, error, conversions, valueMicros]).toEqual([id, null, 1, 0n]);
  });
});

describe('settings', () => {
  test.each<[ModelId, object, string[]]>([
    ['position-based', { shape: 'custom', weights: { first: 0, middle: 0, last: 0 } }, ['weights']],
    ['position-based', { weights: { first: -1, middle: 0, last: 1 } }, ['weights', 'first']],
    ['position-based', { weights: { first: 1, middle: 1, last: 1, next: 1 } }, ['weights']],
    ['position-based', { shape: 'w' }, ['shape']],
    ['time-decay', { halfLifeDays: 0 }, ['halfLifeDays']],
    ['custom', { rules: [{ place: 'second', weight: 1 }] }, ['rules', '0', 'place']],
    ['custom', { rules: [{ weight: 1, run: 'process.exit()' }] }, ['rules', '0', 'run']],
    ['custom', { rules: 'credit = 1' }, ['rules']],
    ['time-decay', { halfLife: 7 }, ['halfLife']],
  ])('%s refuses %j where it is saved, and names the field', async (model, settings, path) => {
    const tenant = await host.tenant();
    await expect(save(tenant, model, settings)).rejects.toMatchObject({
      code: 'settings.invalid',
      details: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  test('of one tenant do not reach another', async () => {
    const [mine, other] = [await book(2), await book(2)];
    await save(mine.tenant, 'time-decay', { halfLifeDays: 1 });
    for (const market of [mine, other])
      await buy(market, [
        { campaign: 0, days: 1 },
        { campaign: 1, days: 0 },
      ]);
    expect(await credits(mine, 'time-decay')).toEqual(near([1 / 3, 2 / 3]));
    const week = 2 ** (-1 / 7);
    expect(await credits(other, 'time-decay')).toEqual(near([week / (1 + week), 1 / (1 + week)]));
  });
});
