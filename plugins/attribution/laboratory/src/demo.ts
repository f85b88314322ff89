import { type CommandIo, type CommandOptions, PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { createCatalogue } from './catalogue.ts';
import { generators } from './contract.ts';
import { landOrders, landTouchpoints } from './land.ts';
import type { Ctx } from './manifest.ts';
import type { DemoRecord } from './record.ts';
import { campaignTable, compareModels, describeDemo, mistakeTable, modelTable } from './report.ts';
import { RESPONSE_CURVE } from './response-curve.ts';
import { countTruth, measureResponseCurve } from './truth.ts';

const DAY = 86_400_000;
const CAMPAIGNS_SHOWN = 12;

const DemoOptions = z.object({
  touchpoints: z.int().min(1000).max(20_000_000).default(1_000_000).meta({ description: 'How many touchpoints' }),
  seed: z.int().min(0).max(0xffffffff).default(1).meta({ description: 'Another seed is another market' }),
  days: z.int().min(14).max(365).default(91).meta({ description: 'How many days, ending last midnight (UTC)' }),
  shows: z.int().min(1).max(30).default(12).meta({ description: 'How many shows' }),
  campaigns: z.int().min(1).max(500).default(40).meta({ description: 'How many campaigns' }),
  generator: z.string().default('additive-hazard').meta({ description: 'Which generator simulates the market' }),
});

/** `podlift demo`: a market whose truth is known, every model on it, and the two side by side. */
export const demoCommand = {
  name: 'demo',
  description: 'Loads a simulated quarter of podcast advertising and shows each attribution model beside the truth',
  options: DemoOptions,
  tenant: { slug: 'demo', name: 'Demo', disposable: true },
  onFirstStart: true,
} satisfies CommandOptions<typeof DemoOptions>;

/** Loads the demo, unless one stands. What it writes of its own is there when all of it has landed. */
export async function runDemo(options: z.output<typeof DemoOptions>, ctx: Ctx, io: CommandIo): Promise<void> {
  const standing = (await ctx.collections.demos.find({ limit: 1 })).items[0];
  if (standing) {
    io.line(
      `The demo of seed ${standing.value.seed} stands already. "podlift demo --remove" takes it away; then load another.`,
    );
    show(standing.value, io);
    return;
  }
  await refuseHalfLoaded(ctx);
  const started = performance.now();
  const record = await loadDemo(options, ctx, io);
  io.line(`Loaded and calculated in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  show(record, io);
}

async function refuseHalfLoaded({ services }: Ctx): Promise<void> {
  const { items } = await services.catalog.campaigns({ limit: 1 });
  if (items.length > 0)
    throw new PodliftError(
      'laboratory.half_loaded',
      'a demo was interrupted while it loaded: run "podlift demo --remove" first',
      { kind: 'conflict' },
    );
}

async function loadDemo(options: z.output<typeof DemoOptions>, ctx: Ctx, io: CommandIo): Promise<DemoRecord> {
  const { touchpoints, seed, days, shows, campaigns } = options;
  const available = await ctx.entries(generators);
  const generator = available.find(({ id }) => id === options.generator);
  if (!generator) {
    const message = `there is no generator "${options.generator}"; installed are ${available.map(({ id }) => id).join(', ')}`;
    throw PodliftError.invalidInput('the demo', [{ path: ['generator'], message }]);
  }
  const from = Math.floor(ctx.now().getTime() / DAY) * DAY - days * DAY;
  io.line('Simulating the market …');
  const { plan, data } = await generator.generate({ seed, touchpoints, dials: { from, days, shows, campaigns } });
  const catalogue = await createCatalogue(ctx, plan);
  await landTouchpoints(ctx, data, seed, catalogue, (done, total) => io.progress('touchpoints', done, total));
  await landOrders(ctx, plan, data, seed, (done, total) => io.progress('orders', done, total));
  const range = { from: new Date(plan.from), to: new Date(plan.to) };
  const run = await ctx.services.engine.calculate(range);
  const truth = countTruth(plan, data.orders);
  const compared = compareModels(run, truth, plan, catalogue.campaigns);
  const against = `${generator.id}, seed ${seed}, ${touchpoints} touchpoints`;
  const validations = compared.models.map(({ id, shareError, rankCorrelation, overCredit }) => ({
    model: id,
    against,
    shareError,
    rankCorrelation,
    overCredit,
  }));
  if (validations.length > 0) await ctx.services.engine.recordValidations({ runId: run.id, validations });
  const record: DemoRecord = {
    ...range,
    ...compared,
    generator: generator.id,
    seed,
    touchpoints: data.touchpoints.at.length,
    orders: data.orders.at.length,
    households: data.households,
    runId: run.id,
    baseline: truth.baseline.conversions,
    incremental: truth.byCampaign.reduce((sum, { conversions }) => sum + conversions, 0),
    responseShares: [
      ...measureResponseCurve(
        data.responses,
        Infinity,
        RESPONSE_CURVE.map((point) => point.days),
      ).shares,
    ],
  };
  await ctx.collections.demos.insert(record);
  return record;
}

function show(record: DemoRecord, io: CommandIo): void {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  io.line(describeDemo(record));
  const parts = RESPONSE_CURVE.map(
    ({ days, share }, index) =>
      `${percent(record.responseShares[index] ?? 0)} within ${days === 1 ? 'a day' : `${days} days`} (published: ${percent(share)})`,
  );
  io.line(`Of all responses within 60 days of an exposure, ${parts.join(', ')}.`);
  io.table(modelTable(record));
  io.table(mistakeTable(record));
  io.table(campaignTable(record, CAMPAIGNS_SHOWN));
}
