/** @module /api/v1/currency: rates of a day, the history of a pair, own rates, who changed them. */
import { json, route, z, type App } from '@podlift/sdk/http';
import { toExactRate } from '../convert.ts';
import { dateOf, dayOf, tryDay } from '../day.ts';
import { CurrencyErrors } from '../errors.ts';
import { readBook } from '../ledger.ts';
import type { Ctx } from '../manifest.ts';
import { setRates } from '../own.ts';
import {
  ChangesJson,
  Code,
  Day,
  HistoryJson,
  OwnRatesChange,
  OwnRatesJson,
  RatesJson,
  READ,
  tags,
  toRateJson,
  WRITE,
} from './schemas.ts';

/** Days of one page of a history. */
const HISTORY_DAYS = 400;

const list = route({
  method: 'get',
  path: '/api/v1/currency/rates',
  tags,
  'x-permission': READ,
  summary: 'Rates of a day',
  description:
    'Of each currency the rate of the day, or the last one before if it is young enough. Each says its date and source.',
  request: {
    query: z.object({
      date: Day.optional().openapi({ description: 'Today when absent.' }),
      base: Code.optional().openapi({ description: 'The base currency of the settings when absent.' }),
      currencies: z
        .string()
        .max(1000)
        .optional()
        .openapi({ description: 'Codes with commas between; all that have a rate when absent.', example: 'EUR,GBP' }),
    }),
  },
  responses: { 200: json(RatesJson, 'The rates') },
});
const history = route({
  method: 'get',
  path: '/api/v1/currency/history',
  tags,
  'x-permission': READ,
  summary: 'The rates of a pair over time',
  request: { query: z.object({ from: Code, to: Code, since: Day, until: Day.optional() }) },
  responses: { 200: json(HistoryJson, 'Days with a rate of their own') },
});
const put = route({
  method: 'put',
  path: '/api/v1/currency/rates',
  tags,
  'x-permission': WRITE,
  summary: 'Set own rates of a day',
  description:
    'Currencies that are not named stay as they are; null removes one. The same twice changes nothing the second time.',
  request: { body: { required: true, ...json(OwnRatesChange, 'The rates') } },
  responses: {
    200: json(OwnRatesJson, 'All own rates of the day and base'),
    409: { description: 'The day was changed meanwhile' },
  },
});
const changes = route({
  method: 'get',
  path: '/api/v1/currency/changes',
  tags,
  'x-permission': WRITE,
  summary: 'Who changed own rates, newest first',
  request: {
    query: z.object({
      cursor: z.string().max(1000).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
  },
  responses: { 200: json(ChangesJson, 'A page of changes') },
});

/** Registers the routes. */
export function addRates(app: App<Ctx>): void {
  app.openapi(list, async (c) => {
    const { ctx } = c.var;
    const { date, base = ctx.settings.baseCurrency, currencies } = c.req.valid('query');
    const day = date === undefined ? dayOf(ctx.now()) : (tryDay(date) ?? 0);
    const named = currencies?.split(',').map(readCode);
    const book = await readBook(ctx, day, day);
    const asked = named ?? [...book.currencies].filter((code) => code !== base);
    const found = asked.toSorted().map((code) => ({ code, rate: book.find(base, code, day) }));
    return c.json(
      {
        base,
        date: dateOf(day),
        items: found.flatMap(({ rate }) => (rate ? [toRateJson(toExactRate(rate))] : [])),
        unknown: found.filter(({ rate }) => !rate).map(({ code }) => code),
      },
      200,
    );
  });
  app.openapi(history, async (c) => {
    const { ctx } = c.var;
    const { from, to, since, until } = c.req.valid('query');
    const first = tryDay(since) ?? 0;
    const last = until === undefined ? dayOf(ctx.now()) : (tryDay(until) ?? 0);
    if (last < first) throw CurrencyErrors.field(['until'], 'Is before since.', 'query');
    const end = Math.min(last, first + HISTORY_DAYS - 1);
    const book = await readBook(ctx, first, end);
    const items = [];
    for (let day = first; day <= end; day++) {
      const rate = book.find(from, to, day);
      if (rate && rate.age === 0) items.push(toRateJson(toExactRate(rate)));
    }
    return c.json({ from, to, items, next: end < last ? dateOf(end + 1) : null }, 200);
  });
  app.openapi(put, async (c) => {
    const { date, base, rates } = c.req.valid('json');
    if (Object.hasOwn(rates, base)) throw CurrencyErrors.field(['rates', base], 'Is the base itself.');
    const now = await setRates(c.var.ctx, tryDay(date) ?? 0, base, rates);
    return c.json({ date, base, rates: { ...now } }, 200);
  });
  app.openapi(changes, async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const page = await c.var.ctx.collections.changes.find({
      orderBy: { field: 'at', direction: 'desc' },
      limit,
      ...(cursor !== undefined && { after: cursor }),
    });
    const items = page.items.map(({ value }) => ({
      at: value.at.toISOString(),
      by: value.by ?? null,
      action: value.action,
      date: value.day === undefined ? null : dateOf(value.day),
      base: value.base ?? null,
      currency: value.currency ?? null,
      before: value.before ?? null,
      after: value.after ?? null,
      count: value.count ?? null,
    }));
    return c.json({ items, next: page.next ?? null }, 200);
  });
}

function readCode(text: string): string {
  const code = Code.safeParse(text.trim());
  if (!code.success)
    throw CurrencyErrors.field(
      ['currencies'],
      `${JSON.stringify(text.slice(0, 20))} is not a currency of ISO 4217.`,
      'query',
    );
  return code.data;
}
