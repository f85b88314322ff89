import type { Ctx } from './manifest.ts';
import type { DemoRecord } from './record.ts';
import { campaignTable, describeDemo, modelTable } from './report.ts';
import type { OutputTable } from '@podlift/sdk';

/** What the start page shows of a demo; it says so when none is loaded. */
const panel = async (ctx: Ctx, make: (record: DemoRecord) => { text: string; table: OutputTable }) => {
  const demo = (await ctx.collections.demos.find({ orderBy: { field: 'createdAt', direction: 'desc' }, limit: 1 }))
    .items[0];
  if (!demo) return { title: 'Demo', text: 'No demo is loaded: run "podlift demo".', columns: [], rows: [] };
  const { text, table } = make(demo.value);
  return { title: table.title ?? 'Demo', text, columns: [...table.columns], rows: table.rows.map((row) => [...row]) };
};

/** Models side by side beside the truth. */
export const modelsPanel = (_: void, ctx: Ctx) =>
  panel(ctx, (record) => ({ text: describeDemo(record), table: modelTable(record) }));

/** Campaigns, the truth of each and what every model says. */
export const campaignsPanel = (_: void, ctx: Ctx) =>
  panel(ctx, (record) => ({
    text: 'Conversions that each campaign truly caused, and what every model credits to it.',
    table: campaignTable(record, 20),
  }));
