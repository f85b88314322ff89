import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

/** Heavy work beside the host. The plugin's own runtime computes; no transaction that has written stays open meanwhile. */
export const computeAsks: Readonly<Record<string, Ask>> = {
  compute: ask(z.object({ name: z.string().max(80) }), async ({ plugin, call }, { name }) => {
    if (!plugin.json.declares.computations?.some((one) => one.name === name))
      throw PodliftError.notFound(`computation ${name} of ${plugin.id}`);
    await call.unit.pause(`the computation ${name}`);
  }),
};
