import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

const MAX_DAYS = { hour: 31, day: 400, month: 800 } as const;
const DAY_MS = 86_400_000;
/** Sums of more would lose their last digits. */
const MAX_AMOUNT = 1e12;

const Query = z
  .object({
    from: z.date(),
    to: z.date().optional(),
    by: z.enum(['hour', 'day', 'month']).default('day'),
    timeZone: z.string().max(60).default('UTC'),
    meters: z.array(z.string().max(200)).max(100).optional(),
  })
  .refine(({ from, to, by }) => !to || (from < to && +to - +from <= MAX_DAYS[by] * DAY_MS), {
    path: ['from'],
    message: 'lies too far before `to`, or behind it',
  });

/** What a plugin counts, and what the tenant used. */
export const usageAsks: Readonly<Record<string, Ask>> = {
  meter: ask(
    z.object({ name: z.string().max(60), amount: z.number().min(0).max(MAX_AMOUNT) }),
    ({ plugin, call }, { name, amount }) => {
      const meter = Object.hasOwn(plugin.json.meters ?? {}, name) ? plugin.json.meters?.[name] : undefined;
      if (!meter) throw PodliftError.notFound(`meter ${name} of ${plugin.id}`);
      if (meter.exact && !Number.isInteger(amount))
        throw new PodliftError(
          'invalid_input',
          `the meter ${name} of ${plugin.id} counts exactly, and so in whole numbers`,
          {
            kind: 'invalid',
          },
        );
      call.unit.meter(`${plugin.id}/${name}`, amount, meter.exact ?? false);
    },
  ),
  usage: ask(
    Query,
    async ({ world, call }, { from, to = new Date(world.now() + 1), by, timeZone, meters }) => {
      await call.unit.pause('what the tenant used');
      return (await world.deps.usage?.read(call.tenant, { from, to, by, timeZone, ...(meters && { meters }) })) ?? [];
    },
    'usage:read',
  ),
};
