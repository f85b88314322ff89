import { collection } from '@podlift/sdk';
import { z } from 'zod';

/** A demo that was loaded: its truth, and how each model of the run did against it. */
export const DemoRecord = z.object({
  generator: z.string(),
  seed: z.int(),
  touchpoints: z.int(),
  orders: z.int(),
  households: z.int(),
  from: z.date(),
  to: z.date(),
  runId: z.uuid(),
  /** Orders that no advertisement caused. */
  baseline: z.int(),
  /** Orders that would not exist without some campaign. */
  incremental: z.int(),
  /** Of the responses within 60 days, the shares that came within 1, 7 and 30. */
  responseShares: z.array(z.number()),
  models: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      conversions: z.number(),
      shareError: z.number(),
      rankCorrelation: z.number(),
      overCredit: z.number(),
      /** The campaign that got most beyond its truth, and the one that got least. */
      mostOver: z.object({ campaign: z.string(), by: z.number() }),
      mostUnder: z.object({ campaign: z.string(), by: z.number() }),
    }),
  ),
  campaigns: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      truth: z.number(),
      trueCents: z.number(),
      /** In the order of `models`. */
      credits: z.array(z.number()),
    }),
  ),
});
export type DemoRecord = z.output<typeof DemoRecord>;

export const demos = collection(DemoRecord, { privacy: 'none' });
