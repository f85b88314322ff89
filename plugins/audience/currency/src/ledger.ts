/** @module Reads the stored sheets of some days and makes a book of them. */
import type { Item } from '@podlift/sdk';
import { createBook, type Book, type BookRules, type Sheet, type Source } from './book.ts';
import type { sheets } from './collections.ts';
import { SOURCE_ORDERS, type Ctx } from './manifest.ts';

/** Records of one page. */
const PAGE = 1000;

/** How the tenant's settings say that books are asked. */
export function rulesOf({ baseCurrency, sources, maxAgeDays, ownMaxAgeDays }: Ctx['settings']): BookRules {
  return {
    order: SOURCE_ORDERS[sources],
    maxAge: { own: ownMaxAgeDays, ecb: maxAgeDays },
    pivots: [...new Set([baseCurrency, 'EUR', 'USD'])],
  };
}

/** A book that can be asked for every day from `first` to `last`, and knows the days before as far as they may count. */
export async function readBook(ctx: Ctx, first: number, last: number): Promise<Book> {
  const rules = rulesOf(ctx.settings);
  const pages = await Promise.all(
    rules.order.map((source) => readSheets(ctx, source, first - rules.maxAge[source], last)),
  );
  return createBook(pages.flat(), rules);
}

/** What a source says of the days from `first` to `last`. */
export async function readSheets(ctx: Ctx, source: Source, first: number, last: number): Promise<Sheet[]> {
  return (await readSheetItems(ctx, source, first, last)).map(({ value }) => value);
}

/** The same with ids and versions, for whoever changes them. */
export async function readSheetItems(ctx: Ctx, source: Source, first: number, last: number) {
  const found: Item<typeof sheets.schema>[] = [];
  let after: string | undefined;
  do {
    const page = await ctx.collections.sheets.find({
      where: { source, day: { gte: first, lte: last } },
      orderBy: { field: 'day' },
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    found.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return found;
}
