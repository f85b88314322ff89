import { campaignsView, placementsView } from '@podlift/audience-campaigns/contract';
import { ordersView, touchpointsView } from '@podlift/audience-tracking/contract';
import { viewName } from '@podlift/sdk';
import type { Dimension } from './contract.ts';

/** A journey keeps its latest touches, no more than this; PostHog keeps as many. */
export const MOST_TOUCHES = 500;

/** Tracking's name for the channel of a touch of which nothing told where it came from. */
const DIRECT_CHANNEL = 'direct';

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
 * A page of journeys in one statement. Orders of the range that were not paid back whole, each with the touches of its household in the
 * window before it (the instant of the order included, the window's far end not), and packed into columns by the server: 12 bytes
 * a touch, 12 bytes an order, instead of rows; the key's number of a direct touch is sent as its complement. An order without any touch whose promo code names the key counts the code as its one
 * touch. Ids of touches and orders are UUIDv7 that carry their time, so that a range of ids
 * is a range of time, and the order of ids is the order of time.
 */
const selectPage = ({ ofTouch, joinTouch, ofOrder, joinOrder }: KeySource): string => `
with ordered as materialized (
  select row_number() over (order by o.id) as journey, o.id, o.at, o.household, o.currency, o.campaign_id, o.placement_id,
    o.value_micros - o.refunded_micros as micros,
    ${lowestIdAt(`o.at - make_interval(secs => $4) + ${MILLISECOND}`)} as first_id,
    ${lowestIdAt(`o.at + ${MILLISECOND}`)} as end_id
  from ${viewName(ordersView)} o
  where o.tenant_id = $1 and o.id >= $2::uuid and o.id < $3::uuid and o.status <> 'refunded'
  order by o.id
  limit $6
), seen as materialized (
  select o.journey, t.key, t.direct, t.id, extract(epoch from o.at - t.at)::float8 as age
  from ordered o
  cross join lateral (
    select ${ofTouch} as key, t.channel = '${DIRECT_CHANNEL}' as direct, t.at, t.id
    from ${viewName(touchpointsView)} t ${joinTouch}
    where t.tenant_id = $1 and t.household = o.household and t.id >= o.first_id and t.id < o.end_id
      and ${ofTouch} is not null
    order by t.id desc
    limit ${MOST_TOUCHES + 1}
  ) t
), coded as materialized (
  select o.journey, ${ofOrder} as key, false as direct, o.id, 0::float8 as age
  from ordered o ${joinOrder}
  where ${ofOrder} is not null and not exists (select from seen s where s.journey = o.journey)
), touched as materialized (
  select * from seen union all select * from coded
), keyed as materialized (
  select key, (row_number() over (order by key) - 1)::int as channel from (select distinct key from touched) k
)
select
  (select max(id::text) from ordered) as last_id,
  (select count(*)::int from coded) as by_code,
  (select count(*)::int from ordered where currency <> $5) as other_currency,
  (select coalesce(array_agg(key::text order by channel), '{}') from keyed) as keys,
  (select string_agg(float8send(case when currency = $5 then micros::float8 else 0 end), ''::bytea order by journey)
    from ordered) as amounts,
  (select string_agg(int4send(coalesce(n, 0)::int), ''::bytea order by o.journey) from ordered o
    left join (select journey, count(*) as n from touched group by journey) t using (journey)) as counts,
  (select string_agg(int4send(case when t.direct then ~k.channel else k.channel end) || float8send(t.age), ''::bytea order by t.journey, t.id)
    from touched t join keyed k using (key)) as touches`;

/** The statement of each dimension: `$1` tenant, `$2` first id, `$3` id of the end, `$4` window in seconds, `$5` currency, `$6` most orders. */
export const PAGE_OF: Readonly<Record<Dimension, string>> = {
  campaign: selectPage(KEY.campaign),
  sponsor: selectPage(KEY.sponsor),
  show: selectPage(KEY.show),
  placement: selectPage(KEY.placement),
};

/** The currency of most orders of a range: `$1` tenant, `$2` first id, `$3` id of the end. */
export const MAIN_CURRENCY = `
select currency from ${viewName(ordersView)}
where tenant_id = $1 and id >= $2::uuid and id < $3::uuid and status <> 'refunded'
group by currency order by count(*) desc, currency limit 1`;
