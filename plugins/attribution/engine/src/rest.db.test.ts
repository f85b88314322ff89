import { uuidv7 } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import engine from './index.ts';
import { audience, book, type Booked, land } from './testing/market.ts';
import { soundModels } from './testing/models.ts';

const DAY = 86_400_000;
const NOW = Date.now();
const FROM = new Date(NOW - 60 * DAY).toISOString();
const TO = new Date(NOW).toISOString();

let host: TestHost;
let tenant: string;
let booked: Booked;

beforeAll(async () => {
  host = await createTestHost({ plugins: [...audience, engine, soundModels], clock: new Date(NOW), jobs: false });
  tenant = await host.tenant();
  booked = await book(host, tenant, 3);
  const buyers = Array.from({ length: 6 }, () => uuidv7());
  const placement = (campaign: number) => booked.placements.find((one) => one.campaign === campaign)?.id ?? null;
  // Everybody meets campaign 0, then 1; every second buyer campaign 0 again.
  await land(
    host,
    tenant,
    buyers.flatMap((household, i) => [
      { at: NOW - 9 * DAY, household, placement: placement(0) },
      { at: NOW - 8 * DAY, household, placement: placement(1) },
      ...(i % 2 === 0 ? [{ at: NOW - 7 * DAY, household, placement: placement(0) }] : []),
    ]),
    buyers.map((household, i) => ({ at: NOW - 6 * DAY, household, orderId: `o${i}`, micros: 10_000_000n })),
  );
});
afterAll(() => host.stop());

const get = (path: string, who: object = { tenant }) => host.request(`/api/v1/attribution${path}`, {}, who);
const post = (body: unknown, who: object = { tenant }) =>
  host.request('/api/v1/attribution/calculate', { method: 'POST', body: JSON.stringify(body) }, who);

describe('before anything was calculated', () => {
  test('models tell what they assume', async () => {
    const { items } = await (await get('/models')).json();
    expect(items.map(({ id }: { id: string }) => id)).toEqual(['first-touch', 'last-touch', 'linear']);
    expect(items[0]).toMatchObject({ plugin: 'test.sound', version: '1.2.3', unitSum: true, deterministic: true });
    expect(items.map((one: Record<string, unknown>) => one['minimumConversions'])).toEqual([null, null, 1]);
  });

  test('paths of a known campaign ask to calculate first; an unknown campaign is not found', async () => {
    const early = await get(`/paths/${booked.campaigns[0]}`);
    expect([early.status, (await early.json()).code]).toEqual([404, 'attribution.no_run']);
    const unknown = await get(`/paths/${uuidv7()}`);
    expect([unknown.status, (await unknown.json()).code]).toEqual([404, 'not_found']);
    expect((await get('/paths/nonsense')).status).toBe(422);
  });
});

describe('calculate', () => {
  test('models side by side, read again by id, listed page by page', async () => {
    const made = await post({ from: FROM, to: TO, models: ['linear', 'first-touch'] });
    expect(made.status).toBe(200);
    const run = await made.json();
    expect(run.totals).toMatchObject({ conversions: 6, attributed: 6, unattributed: 0, touches: 15, value: '60.00' });
    expect(run.models.map(({ id, conversions, value }: Record<string, unknown>) => [id, conversions, value])).toEqual([
      ['linear', 6, '60.00'],
      ['first-touch', 6, '60.00'],
    ]);
    expect(run.models.map((one: Record<string, unknown>) => one['parameters'])).toEqual([{ evenly: true }, {}]);
    expect(run.rows[0]).toEqual({
      key: booked.campaigns[0],
      label: 'Campaign 0',
      credits: [
        { model: 'linear', conversions: 3.5, value: '35.00' },
        { model: 'first-touch', conversions: 6, value: '60.00' },
      ],
    });
    expect(await (await get(`/runs/${run.id}`)).json()).toEqual(run);
    host.clock.advance(1000);
    await post({ from: FROM, to: TO, dimension: 'show', windowDays: 7 });
    const first = await (await get('/runs?limit=1')).json();
    expect(first.items.map(({ dimension, windowDays }: Record<string, unknown>) => [dimension, windowDays])).toEqual([
      ['show', 7],
    ]);
    const second = await (await get(`/runs?limit=1&cursor=${first.next}`)).json();
    expect([second.items[0].id, second.next]).toEqual([run.id, null]);
  });

  test('the paths of a campaign, repeats collapsed', async () => {
    const answer = await (await get(`/paths/${booked.campaigns[0]}`)).json();
    const names = answer.items.map(({ path, conversions, value, touches }: Record<string, unknown>) => [
      (path as { campaign: string }[]).map(({ campaign }) => campaign).join(' > '),
      conversions,
      value,
      touches,
    ]);
    expect(names).toEqual(
      expect.arrayContaining([
        ['Campaign 0 > Campaign 1', 3, '30.00', 2],
        ['Campaign 0 > Campaign 1 > Campaign 0', 3, '30.00', 3],
      ]),
    );
    expect((await (await get(`/paths/${booked.campaigns[2]}`)).json()).items).toEqual([]);
  });

  test('without a range, over the last quarter', async () => {
    const run = await (await post({})).json();
    expect(Date.parse(run.to) - Date.parse(run.from)).toBe(91 * DAY);
    expect(run.totals.conversions).toBe(6);
  });

  test.each([
    [{ from: TO, to: FROM }, 'to'],
    [{ from: 'soon', to: TO }, 'from'],
    [{ from: FROM, to: TO, windowDays: 0 }, 'windowDays'],
    [{ from: FROM, to: TO, dimension: 'mood' }, 'dimension'],
    [{ from: FROM, to: TO, models: ['linear', 'guess'] }, 'models'],
    [{ from: '2019-01-01', to: TO }, 'to'],
  ])('%j is refused and names %s', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(await answer.json())).toContain(field);
  });

  test('who may read may not run, and who may neither learns nothing', async () => {
    const reader = { tenant, permissions: ['attribution:read'] };
    expect((await post({ from: FROM, to: TO }, reader)).status).toBe(403);
    expect((await get('/runs', reader)).status).toBe(200);
    expect((await get('/runs', { tenant, permissions: [] })).status).toBe(403);
    expect((await get('/runs', { anonymous: true })).status).toBe(401);
  });
});

test('another tenant sees no run, no path and no campaign of this one', async () => {
  const other = await host.tenant();
  const { items } = await (await get('/runs')).json();
  expect((await get(`/runs/${items[0].id}`, { tenant: other })).status).toBe(404);
  expect((await (await get('/runs', { tenant: other })).json()).items).toEqual([]);
  expect((await get(`/paths/${booked.campaigns[0]}`, { tenant: other })).status).toBe(404);
  const run = await (await post({ from: FROM, to: TO }, { tenant: other })).json();
  expect([run.totals.conversions, run.rows]).toEqual([0, []]);
});
