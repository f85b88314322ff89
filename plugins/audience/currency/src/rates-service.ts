/** @module `currency.rates@1` as this plugin fulfils it. */
import type { Implementation } from '@podlift/sdk';
import type { rates } from './contract.ts';
import { convertFloatsColumn, convertItems, convertMicrosColumn, findRates } from './convert.ts';
import { rulesOf } from './ledger.ts';
import type { Ctx } from './manifest.ts';

export const ratesImplementation: Implementation<(typeof rates)['methods'], Ctx> = {
  profile(_, { settings }) {
    const { order, maxAge } = rulesOf(settings);
    return { base: settings.baseCurrency, sources: [...order], maxAgeDays: { ...maxAge } };
  },
  find: async ({ pairs }, ctx) => ({ items: await findRates(ctx, pairs) }),
  convert: async (input, ctx) => ({ items: await convertItems(ctx, input) }),
  convertColumn: (input, ctx) => convertMicrosColumn(ctx, input),
  convertFloats: (input, ctx) => convertFloatsColumn(ctx, input),
};
