/** @module POST /api/v1/currency/convert, and the currencies that there are. */
import { json, route, type App } from '@podlift/sdk/http';
import { convertItems } from '../convert.ts';
import { dateOf, dayOf } from '../day.ts';
import { formatMicros, tryMicros } from '../decimal.ts';
import { isHistoric, MINOR_UNITS, minorUnits } from '../iso4217.ts';
import type { Ctx } from '../manifest.ts';
import { ConversionJson, ConvertedJson, CurrenciesJson, READ, tags, toRateJson } from './schemas.ts';

const convert = route({
  method: 'post',
  path: '/api/v1/currency/convert',
  tags,
  'x-permission': READ,
  'x-idempotency': 'off',
  summary: 'Convert amounts',
  description:
    'Each amount says which rate of which day it used. Without a rate it is null, with the reason; it is never taken one to one.',
  request: { body: { required: true, ...json(ConversionJson, 'The amounts') } },
  responses: { 200: json(ConvertedJson, 'The converted amounts, in the same order') },
});
const currencies = route({
  method: 'get',
  path: '/api/v1/currency/currencies',
  tags,
  'x-permission': READ,
  summary: 'Currencies of ISO 4217 and their decimals',
  responses: { 200: json(CurrenciesJson, 'All that are known') },
});

/** Registers the routes. */
export function addConvert(app: App<Ctx>): void {
  app.openapi(convert, async (c) => {
    const { ctx } = c.var;
    const { to, rounding, items, date = dateOf(dayOf(ctx.now())) } = c.req.valid('json');
    const converted = await convertItems(ctx, {
      to,
      rounding,
      items: items.map((item) => ({
        micros: tryMicros(item.amount) ?? 0n,
        currency: item.currency,
        date: item.date ?? date,
      })),
    });
    const decimals = minorUnits(to);
    return c.json(
      {
        to,
        items: converted.map(({ micros, rate, reason }) => ({
          amount: micros === null ? null : formatMicros(micros, decimals),
          rate: rate && toRateJson(rate),
          ...(reason !== undefined && { reason }),
        })),
        unknown: converted.filter(({ micros }) => micros === null).length,
      },
      200,
    );
  });
  app.openapi(currencies, (c) =>
    c.json(
      {
        items: [...MINOR_UNITS].map(([code, decimals]) => ({ code, minorUnits: decimals, historic: isHistoric(code) })),
      },
      200,
    ),
  );
}
