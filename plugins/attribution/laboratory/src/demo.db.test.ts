import campaigns from '@podlift/audience-campaigns';
import { catalog } from '@podlift/audience-campaigns/contract';
import engine from '@podlift/attribution-engine';
import custom from '@podlift/attribution-custom';
import firstTouch from '@podlift/attribution-first-touch';
import lastNonDirect from '@podlift/attribution-last-non-direct';
import lastTouch from '@podlift/attribution-last-touch';
import linear from '@podlift/attribution-linear';
import positionBased from '@podlift/attribution-position-based';
import timeDecay from '@podlift/attribution-time-decay';
import podcasts from '@podlift/audience-podcasts';
import tracking from '@podlift/audience-tracking';
import { homePanels, type OutputTable } from '@podlift/sdk';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import laboratory from './index.ts';

const TOUCHPOINTS = 30_000;
const LABELS = [
  'Custom rules',
  'First touch',
  'Last non-direct touch',
  'Last touch',
  'Linear',
  'Position based',
  'Time decay',
];
const Created = z.object({ ids: z.array(z.string()) });

let host: TestHost;
beforeAll(async () => {
  const models = [custom, firstTouch, lastNonDirect, lastTouch, linear, positionBased, timeDecay];
  const plugins = [podcasts, campaigns, tracking, engine, ...models, laboratory];
  host = await createTestHost({ plugins, clock: new Date(), jobs: false });
});
afterAll(() => host.stop());

/** Runs the demo and keeps what it shows. */
async function demo(options: Record<string, unknown> = {}, remove = false) {
  const lines: string[] = [];
  const tables: OutputTable[] = [];
  const progress = new Map<string, readonly [done: number, total: number]>();
  await host.plugins.runCommand({
    name: 'demo',
    options: { touchpoints: TOUCHPOINTS, ...options },
    remove,
    io: (message) => {
      if (message.kind === 'line') lines.push(message.text);
      else if (message.kind === 'table') tables.push(message.table);
      else progress.set(message.label, [message.done, message.total]);
    },
  });
  return { lines, tables, progress };
}

const demoTenant = async (): Promise<string> => {
  const found = await host.rooms.tenancy.bySlug('demo');
  if (!found) throw new Error('there is no demo tenant');
  return found.id;
};

describe('the demo', () => {
  test('loads, shows every model beside the truth, and serves the same figures', { timeout: 60_000 }, async () => {
    const { lines, tables, progress } = await demo();
    expect(progress.get('touchpoints')).toEqual([TOUCHPOINTS, TOUCHPOINTS]);
    expect(lines.some((line) => /within a day/.test(line))).toBe(true);
    const [models, mistakes, byCampaign] = tables;
    expect(mistakes?.rows).toHaveLength(7);
    expect(models?.rows.map(([name]) => name)).toEqual(['the truth', ...LABELS]);
    expect(byCampaign?.columns).toEqual(['campaign', 'truth', ...LABELS.map((label) => label.toLowerCase())]);

    const tenant = await demoTenant();
    const truth = await (await host.request('/api/v1/laboratory/truth', {}, { tenant })).json();
    expect(truth.touchpoints).toBe(TOUCHPOINTS);
    expect(truth.campaigns).toHaveLength(40);
    const run = await (await host.request(`/api/v1/attribution/runs/${truth.runId}`, {}, { tenant })).json();
    expect(run.totals.conversions).toBe(truth.orders);
    expect(run.validations).toHaveLength(7);
    truth.models.forEach((model: { id: string; conversions: number; shareError: number }, place: number) => {
      expect(model.conversions).toBe(run.models[place].conversions);
      expect(Math.abs(model.conversions - run.totals.attributed)).toBeLessThan(1e-9);
      expect(run.validations.find((one: { model: string }) => one.model === model.id).shareError).toBe(
        model.shareError,
      );
      for (const { key, credits } of run.rows) {
        const campaign = truth.campaigns.find(({ id }: { id: string }) => id === key);
        expect(campaign.credits[place]).toBe(credits[place].conversions);
      }
    });
    expect(truth.incremental + truth.baseline).toBe(truth.orders);
  });

  test('the start page shows its tables', async () => {
    const tenant = await demoTenant();
    const panel = await host.call([homePanels.id, 'laboratory.models', 'panel'], undefined, { tenant });
    expect(panel).toMatchObject({
      title: 'Models beside the truth',
      rows: ['the truth', ...LABELS].map(() => expect.anything()),
    });
    const second = await host.call([homePanels.id, 'laboratory.campaigns', 'panel'], undefined, { tenant });
    expect(second).toMatchObject({ title: 'Conversions by campaign' });
  });

  test('a second run loads nothing and shows what stands', async () => {
    const { lines, tables, progress } = await demo({ seed: 9 });
    expect(lines[0]).toMatch(/seed 1 stands already/);
    expect(progress.size).toBe(0);
    expect(tables).toHaveLength(3);
  });

  test('another tenant has no demo and sees none', async () => {
    const other = await host.tenant();
    expect((await host.request('/api/v1/laboratory/truth', {}, { tenant: other })).status).toBe(404);
    const panel = await host.call([homePanels.id, 'laboratory.models', 'panel'], undefined, { tenant: other });
    expect(panel).toMatchObject({ rows: [] });
  });

  test('an unknown generator is named, with those that are there', async () => {
    await demo({}, true);
    await expect(demo({ generator: 'crystal-ball' })).rejects.toThrow(
      /no generator "crystal-ball"; installed are additive-hazard/,
    );
  });

  test('what an interrupted run left is told, not built upon', async () => {
    const tenant = await demoTenant();
    const { ids } = Created.parse(
      await host.call([catalog.id, 'createSponsors'], { items: [{ name: 'Left over' }] }, { tenant }),
    );
    const items = [{ name: 'Left over', sponsorId: ids[0] }];
    await host.call([catalog.id, 'createCampaigns'], { items }, { tenant });
    await expect(demo()).rejects.toThrow(/was interrupted while it loaded: run "podlift demo --remove" first/);
    await demo({}, true);
  });

  test('after it was removed it can be loaded anew, another seed as another market', { timeout: 60_000 }, async () => {
    await demo({ seed: 2, touchpoints: 5000, campaigns: 4, shows: 3 });
    const tenant = await demoTenant();
    const truth = await (await host.request('/api/v1/laboratory/truth', {}, { tenant })).json();
    expect([truth.seed, truth.touchpoints, truth.campaigns.length]).toEqual([2, 5000, 4]);
  });
});
