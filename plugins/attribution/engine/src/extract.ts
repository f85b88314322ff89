import { campaignsView, placementsView } from '@podlift/audience-campaigns/contract';
import { ordersView, touchpointsView } from '@podlift/audience-tracking/contract';
import { viewName } from '@podlift/sdk';
import type { Dimension } from './contract.ts';

/** A journey keeps its latest touches, no more than this; PostHog keeps as many. */
export const MOST_TOUCHES = 500;

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
  };
  readonly currency: string | null;
  readonly otherCurrency: number;
  readonly capped: number;
  /** Orders without a touch that their promo code speaks for. */
  readonly byCode: number;
}

/** Where a dimension's key stands: for a touch `t`, and for an order `o` whose promo code names a campaign or placement. */
interface KeySource {
  readonly ofTouch: string;
  readonly joinTouch: string;
  readonly ofOrder: string;
  readonly joinOrder: string;
}
const joinCampaign = (id: string): string => `join ${viewName(campaignsView)} c on c.tenant_id = $1 and c.id = ${id}`;
const KEY: Readonly<Record<Dimension, KeySource>> = {
  campaign: { ofTouch: 't.campaign_id', joinTouch: '', ofOrder: 'o.campaign_id', joinOrder: '' },
  placement: { ofTouch: 't.placement_id', joinTouch: '', ofOrder: 'o.placement_id', joinOrder: '' },
  show: {
    ofTouch: 't.show_id',
    joinTouch: '',
    ofOrder: 'p.show_id',
    joinOrder: `join ${viewName(placementsView)} p on p.tenant_id = $1 and p.id = o.placement_id`,
  },
  sponsor: {
    ofTouch: 'c.sponsor_id',
    joinTouch: joinCampaign('t.campaign_id'),
    ofOrder: 'c.sponsor_id',
    joinOrder: joinCampaign('o.campaign_id'),
  },
};

/** The UUIDv7 before every other one of an instant, in SQL: it bounds ids by time, which prunes partitions and uses the index. */
const lowestIdAt = (instant: string): string =>
  `(lpad(to_hex(floor(extract(epoch from ${instant}) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid`;
const MILLISECOND = `interval '1 millisecond'`;

/**
 * Journeys in one statement. Orders of the range that were not paid back whole, each with the touches of its household in the
 * window before it (the instant of the order included, the window's far end not), and packed into columns by the server: 12 bytes
 * a touch, 12 bytes an order, instead of rows. An order without any touch whose promo code names the key counts the code as its one
 * touch. Ids of touches and orders are UUIDv7 that carry their time, so that a range of ids
 * is a range of time, and the order of ids is the order of time.
 */
const selectJourneys = ({ ofTouch, joinTouch, ofOrder, joinOrder }: KeySource): string => `
with ordered as materialized (
  select row_number() over (order by o.id) as journey, o.id, o.at, o.household, o.currency, o.campaign_id, o.placement_id,
    o.value_micros - o.refunded_micros as micros,
    ${lowestIdAt(`o.at - make_interval(secs => $4) + ${MILLISECOND}`)} as first_id,
    ${lowestIdAt(`o.at + ${MILLISECOND}`)} as end_id
  from ${viewName(ordersView)} o
  where o.tenant_id = $1 and o.id >= $2::uuid and o.id < $3::uuid and o.status <> 'refunded'
), seen as materialized (
  select o.journey, t.key, t.id, extract(epoch from o.at - t.at)::float8 as age
  from ordered o
  cross join lateral (
    select ${ofTouch} as key, t.at, t.id
    from ${viewName(touchpointsView)} t ${joinTouch}
    where t.tenant_id = $1 and t.household = o.household and t.id >= o.first_id and t.id < o.end_id
      and ${ofTouch} is not null
    order by t.id desc
    limit ${MOST_TOUCHES + 1}
  ) t
), coded as materialized (
  select o.journey, ${ofOrder} as key, o.id, 0::float8 as age
  from ordered o ${joinOrder}
  where ${ofOrder} is not null and not exists (select from seen s where s.journey = o.journey)
), touched as materialized (
  select * from seen union all select * from coded
), keyed as materialized (
  select key, (row_number() over (order by key) - 1)::int as channel from (select distinct key from touched) k
), main as (
  select mode() within group (order by currency) as currency from ordered
)
select
  (select currency from main) as currency,
  (select count(*)::int from coded) as by_code,
  (select count(*)::int from ordered, main where ordered.currency <> main.currency) as other_currency,
  (select coalesce(array_agg(key::text order by channel), '{}') from keyed) as keys,
  (select string_agg(float8send(case when o.currency = main.currency then o.micros::float8 else 0 end), ''::bytea order by journey)
    from ordered o, main) as amounts,
  (select string_agg(int4send(coalesce(n, 0)::int), ''::bytea order by o.journey) from ordered o
    left join (select journey, count(*) as n from touched group by journey) t using (journey)) as counts,
  (select string_agg(int4send(k.channel) || float8send(t.age), ''::bytea order by t.journey, t.id)
    from touched t join keyed k using (key)) as touches`;

/** The one row that the statement answers, columns packed in network byte order. */
export interface Packed {
  readonly currency: string | null;
  readonly other_currency: number;
  readonly by_code: number;
  readonly keys: readonly string[];
  readonly amounts: Uint8Array | null;
  readonly counts: Uint8Array | null;
  readonly touches: Uint8Array | null;
}

/** Reads the journeys of a selection from the published views. */
export async function extractJourneys(
  query: (sql: string, values: readonly unknown[]) => Promise<readonly Packed[]>,
  selection: Selection,
): Promise<Snapshot> {
  const { tenant, from, to, dimension, windowDays } = selection;
  const [packed] = await query(selectJourneys(KEY[dimension]), [
    tenant,
    lowestId(from.getTime()),
    lowestId(to.getTime()),
    windowDays * 86_400,
  ]);
  if (!packed) throw new Error('a statement that selects one row answered none');
  return unpack(packed);
}

/** The UUIDv7 before every other one of this instant. */
export function lowestId(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}

function unpack({ currency, other_currency: otherCurrency, by_code: byCode, keys, ...packed }: Packed): Snapshot {
  const amounts = view(packed.amounts);
  const counts = view(packed.counts);
  const touches = view(packed.touches);
  const orders = counts.byteLength / 4;
  const offsets = new Uint32Array(orders + 1);
  const values = new Float64Array(orders);
  let capped = 0;
  for (let journey = 0; journey < orders; journey++) {
    const count = counts.getInt32(journey * 4);
    if (count > MOST_TOUCHES) capped++;
    offsets[journey + 1] = (offsets[journey] ?? 0) + Math.min(count, MOST_TOUCHES);
    values[journey] = amounts.getFloat64(journey * 8) / 1e6;
  }
  const kept = offsets[orders] ?? 0;
  const channels = new Uint32Array(kept);
  const ages = new Float64Array(kept);
  let row = 0;
  for (let journey = 0; journey < orders; journey++) {
    row += Math.max(0, counts.getInt32(journey * 4) - MOST_TOUCHES);
    for (let touch = offsets[journey] ?? 0; touch < (offsets[journey + 1] ?? 0); touch++, row++) {
      channels[touch] = touches.getInt32(row * 12);
      ages[touch] = touches.getFloat64(row * 12 + 4);
    }
  }
  return { keys, journeys: { offsets, channels, ages, values }, currency, otherCurrency, capped, byCode };
}

const view = (bytes: Uint8Array | null): DataView =>
  bytes ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new DataView(new ArrayBuffer(0));
