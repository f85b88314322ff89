import { z } from 'zod';

const days = z.number().min(0).max(400);

/** A weight, and the touches that it is for: those to which every condition applies. Data, never code. */
export const Rule = z.strictObject({
  place: z.enum(['first', 'middle', 'last']).optional(),
  olderThanDays: days.optional(),
  newerThanDays: days.optional(),
  direct: z.boolean().optional(),
  weight: z.number().min(0).max(1000),
});
export type Rule = z.output<typeof Rule>;

/**
 * How many of a hundred responses to a podcast advertisement come on a day, by how long ago it was heard (Magellan AI, first quarter
 * of 2026: 32.8 within a day, 58.0 within 7, 87.4 within 30, of those within 60). What holds until a tenant writes rules.
 */
export const RESPONSE_RULES: Rule[] = [
  { newerThanDays: 1, weight: 32.8 },
  { newerThanDays: 7, weight: 4.2 },
  { newerThanDays: 30, weight: 1.28 },
  { weight: 0.42 },
];
