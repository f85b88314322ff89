/** @module A tenant's own rates: set, removed, imported; every change is kept with who made it. */
import { sheetId, type SheetRecord } from './collections.ts';
import { ratesChanged } from './contract.ts';
import type { OwnRate } from './csv.ts';
import { dateOf } from './day.ts';
import { readSheetItems } from './ledger.ts';
import type { Ctx } from './manifest.ts';

/** Writes of one request to the host. */
const CHUNK = 500;

/** Sets own rates of one day; null removes one. Returns the sheet as it is now. */
export async function setRates(
  ctx: Ctx,
  day: number,
  base: string,
  rates: Readonly<Record<string, string | null>>,
): Promise<Readonly<Record<string, string>>> {
  const id = sheetId({ source: 'own', base, day });
  const stored = await ctx.collections.sheets.get(id);
  const before = stored?.value.rates ?? {};
  const after: Record<string, string> = { ...before };
  for (const [currency, rate] of Object.entries(rates)) {
    if (rate === null) delete after[currency];
    else after[currency] = rate;
  }
  const changed = Object.keys(rates).filter((currency) => before[currency] !== after[currency]);
  if (changed.length === 0) return after;
  // Two people at once: the second one is told, and nobody's rates are lost.
  const value: SheetRecord = { source: 'own', base, day, rates: after };
  if (stored) await ctx.collections.sheets.upsert(id, value, { version: stored.version });
  else await ctx.collections.sheets.insert(value, { id });
  await ctx.collections.changes.batch(
    changed.map((currency) => ({
      op: 'insert',
      value: {
        at: ctx.now(),
        by: ctx.actor.id,
        action: after[currency] === undefined ? 'removed' : 'set',
        day,
        base,
        currency,
        ...(before[currency] !== undefined && { before: before[currency] }),
        ...(after[currency] !== undefined && { after: after[currency] }),
      },
    })),
  );
  await tell(ctx, [day], [base, ...changed]);
  return after;
}

/** Stores many own rates beside those that are there. Returns how many differ from what was there. */
export async function storeRates(
  ctx: Ctx,
  given: readonly OwnRate[],
  by: string | undefined,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<number> {
  const sheets = new Map<string, { value: SheetRecord; changed: number }>();
  const days = given.map(({ day }) => day);
  const first = days.reduce((a, b) => (b < a ? b : a), days[0] ?? 0);
  const last = days.reduce((a, b) => (b > a ? b : a), days[0] ?? -1);
  const known = new Map((await readSheetItems(ctx, 'own', first, last)).map((item) => [item.id, item]));
  for (const { day, base, currency, rate } of given) {
    const key = { source: 'own', base, day } as const;
    const id = sheetId(key);
    const sheet = sheets.get(id) ?? { value: { ...key, rates: { ...known.get(id)?.value.rates } }, changed: 0 };
    if (sheet.value.rates[currency] !== rate) sheet.changed++;
    sheet.value.rates[currency] = rate;
    sheets.set(id, sheet);
  }
  const writes = [...sheets].filter(([, { changed }]) => changed > 0);
  for (let at = 0; at < writes.length; at += CHUNK) {
    await ctx.collections.sheets.batch(
      writes.slice(at, at + CHUNK).map(([id, { value }]) => {
        // What somebody changed meanwhile is not overwritten: the import is refused, or its job tried again.
        const version = known.get(id)?.version;
        return version === undefined ? { op: 'insert', id, value } : { op: 'upsert', id, value, version };
      }),
    );
    progress(Math.min(at + CHUNK, writes.length), writes.length);
  }
  const count = writes.reduce((sum, [, { changed }]) => sum + changed, 0);
  if (count > 0) {
    await ctx.collections.changes.insert({
      at: ctx.now(),
      ...(by !== undefined && { by }),
      action: 'imported',
      count,
    });
    await tell(
      ctx,
      writes.map(([, { value }]) => value.day),
      given.flatMap(({ base, currency }) => [base, currency]),
    );
  }
  return count;
}

async function tell(ctx: Ctx, days: readonly number[], currencies: readonly string[]): Promise<void> {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  await ctx.emit(ratesChanged, {
    source: 'own',
    from: dateOf(sorted[0] ?? 0),
    until: dateOf(sorted.at(-1) ?? 0),
    days: sorted.length,
    currencies: [...new Set(currencies)].toSorted(),
  });
}
