import { lowestUuidv7 } from '@podlift/sdk';
import type { Dimension } from './contract.ts';
import type { Ctx } from './manifest.ts';
import { MAIN_CURRENCY, MOST_TOUCHES, PAGE_OF } from './select-journeys.ts';

/** Orders of one statement: with 500 touches each, its answer still fits into memory. */
const ORDERS_A_PAGE = 20_000;

/** Which orders, which touches. */
export interface Selection {
  readonly tenant: string;
  readonly from: Date;
  readonly to: Date;
  readonly dimension: Dimension;
  readonly windowDays: number;
}

/** The one extraction that all models of a run share. */
export interface Snapshot {
  /** What each channel number stands for, sorted. */
  readonly keys: readonly string[];
  /** As the contract has them; see `Journeys`. */
  readonly journeys: {
    readonly offsets: Uint32Array<ArrayBuffer>;
    readonly channels: Uint32Array<ArrayBuffer>;
    readonly ages: Float64Array<ArrayBuffer>;
    readonly values: Float64Array<ArrayBuffer>;
    readonly direct: Uint8Array<ArrayBuffer>;
  };
  readonly currency: string | null;
  readonly otherCurrency: number;
  readonly capped: number;
  /** Orders without a touch that their promo code speaks for. */
  readonly byCode: number;
}

/** A page of journeys as the server packs it, columns in network byte order. */
export interface PackedPage {
  /** Id of the page's last order; null when there is none. */
  readonly last_id: string | null;
  readonly other_currency: number;
  readonly by_code: number;
  readonly keys: readonly string[];
  /** Per order: what it is worth in millionths, and how many touches it has (at most one beyond the cap). */
  readonly amounts: Uint8Array | null;
  readonly counts: Uint8Array | null;
  /** Per touch: the number of its key on this page (its complement when the touch is direct), and its age in seconds. */
  readonly touches: Uint8Array | null;
}

/** Reads the journeys of a selection from the published views. */
export async function extractJourneys(
  db: Pick<Ctx['db'], 'query'>,
  { tenant, from, to, dimension, windowDays }: Selection,
  ordersAPage = ORDERS_A_PAGE,
): Promise<Snapshot> {
  const end = lowestUuidv7(to.getTime());
  const range = [tenant, lowestUuidv7(from.getTime()), end];
  const [main] = await db.query<{ currency: string }>(MAIN_CURRENCY, range);
  const currency = main?.currency ?? null;
  const pages: PackedPage[] = [];
  for (let first = main && lowestUuidv7(from.getTime()); first !== undefined;) {
    const values = [tenant, first, end, windowDays * 86_400, currency, ordersAPage];
    const [page]: readonly PackedPage[] = await db.query<PackedPage>(PAGE_OF[dimension], values);
    if (!page || page.last_id === null) break;
    pages.push(page);
    first = (page.counts?.length ?? 0) / 4 < ordersAPage ? undefined : idAfter(page.last_id);
  }
  return { ...unpack(pages), currency };
}

/** The next UUID in the order of their bytes. */
export function idAfter(id: string): string {
  const next = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return next.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

function unpack(pages: readonly PackedPage[]): Omit<Snapshot, 'currency'> {
  const keys = [...new Set(pages.flatMap((page) => page.keys))].toSorted();
  const channelOf = new Map(keys.map((key, channel) => [key, channel]));
  const counts = pages.map((page) => view(page.counts));
  const orders = counts.reduce((sum, { byteLength }) => sum + byteLength / 4, 0);
  const offsets = new Uint32Array(orders + 1);
  const values = new Float64Array(orders);
  let capped = 0;
  let journey = 0;
  pages.forEach(({ amounts }, number) => {
    const count = counts[number] ?? view(null);
    const amount = view(amounts);
    for (let row = 0; row < count.byteLength / 4; row++, journey++) {
      const touches = count.getInt32(row * 4);
      if (touches > MOST_TOUCHES) capped++;
      offsets[journey + 1] = (offsets[journey] ?? 0) + Math.min(touches, MOST_TOUCHES);
      values[journey] = amount.getFloat64(row * 8) / 1e6;
    }
  });
  const channels = new Uint32Array(offsets[orders] ?? 0);
  const ages = new Float64Array(channels.length);
  const direct = new Uint8Array(channels.length);
  let kept = 0;
  pages.forEach((page, number) => {
    const count = counts[number] ?? view(null);
    const touches = view(page.touches);
    const channel = Uint32Array.from(page.keys, (key) => channelOf.get(key) ?? 0);
    let row = 0;
    for (let order = 0; order < count.byteLength / 4; order++) {
      const found = count.getInt32(order * 4);
      for (const last = row + found; row < last; row++) {
        // The server sends one touch beyond the cap: the oldest, which only says that there were more.
        if (last - row > MOST_TOUCHES) continue;
        const number = touches.getInt32(row * 12);
        channels[kept] = channel[number < 0 ? ~number : number] ?? 0;
        if (number < 0) direct[kept] = 1;
        ages[kept++] = touches.getFloat64(row * 12 + 4);
      }
    }
  });
  const sum = (what: 'other_currency' | 'by_code'): number => pages.reduce((total, page) => total + page[what], 0);
  const journeys = { offsets, channels, ages, values, direct };
  return { keys, journeys, capped, otherCurrency: sum('other_currency'), byCode: sum('by_code') };
}

const view = (bytes: Uint8Array | null): DataView =>
  bytes ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new DataView(new ArrayBuffer(0));
