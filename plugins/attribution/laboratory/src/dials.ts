import { z } from 'zod';

/** The dials of the generator "additive hazard with baseline". */
export const AdditiveHazardDials = z.object({
  from: z
    .int()
    .default(Date.UTC(2026, 0, 1))
    .meta({ title: 'First instant (ms since 1970)' }),
  days: z.int().min(7).max(400).default(91).meta({ title: 'Length in days' }),
  shows: z.int().min(1).max(30).default(12).meta({ title: 'Shows' }),
  campaigns: z.int().min(1).max(500).default(40).meta({ title: 'Campaigns' }),
  meanEffect: z.number().min(0).max(0.2).default(0.0077).meta({ title: 'Responses per exposure, mean over exposures' }),
  idleShare: z.number().min(0).max(1).default(0.2).meta({ title: 'Share of campaigns without any effect' }),
  orderShare: z.number().min(0).max(1).default(0.35).meta({ title: 'Orders per response' }),
  baselineOrders: z
    .number()
    .min(0)
    .max(2)
    .default(0.03)
    .meta({ title: 'Orders per household that no advertisement caused' }),
  baselineVisits: z
    .number()
    .min(0)
    .max(5)
    .default(0.2)
    .meta({ title: 'Visits per household that no advertisement caused' }),
  unreachedShare: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.15)
    .meta({ title: 'Share of households that listen to none of the shows' }),
  codeShare: z.number().min(0).max(1).default(0.2).meta({ title: 'Share of caused orders with the promo code' }),
  clickShare: z.number().min(0).max(1).default(0.3).meta({ title: 'Share of responses through the tracking link' }),
});
export type AdditiveHazardDials = z.output<typeof AdditiveHazardDials>;
