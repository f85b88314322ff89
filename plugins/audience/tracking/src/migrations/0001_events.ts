import type { Privacy } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
import { landed, linked, ordersView, touchpointsView } from '../contract.ts';
import { linkIngestion, orderIngestion, secretIngestion, touchpointIngestion } from '../ingestions.ts';

/** Raw events are kept so long; roll-ups live longer. */
const RETENTION_DAYS = 800;

const KEPT = { subject: 'listener', erasure: 'delete', retentionDays: RETENTION_DAYS } as const;
const HOUSEHOLD: Privacy = {
  ...KEPT,
  category: 'pseudonymous',
  purpose: 'to join what one household heard, visited and bought, without knowing who it is',
};
const BEHAVIOR: Privacy = {
  ...KEPT,
  category: 'personal',
  purpose: 'to tell which advertisement a household met, and when',
};
const PURCHASE: Privacy = {
  ...KEPT,
  category: 'personal',
  subject: 'customer',
  purpose: 'to tell what an advertisement brought',
};

const LANDED = `'${landed.id}', 'podlift.tracking'`;

/**
 * One statement per flight: the key table says which rows are new (a message counts once, within the flight and for 30 days; a row without a message is
 * always new), those become touchpoints, and each tenant gets one event. Keys go in sorted, so that two flights with the same messages cannot wait for each other.
 */
const LAND_TOUCHPOINTS = `
with given as materialized (
  select g.* from unnest(tenants, id, key, household, kind, channel, name, evidence, campaign, placement, show, episode) with ordinality
    as g(tenant_id, id, key, household, kind, channel, name, evidence, campaign, placement, show, episode, n)
), first as materialized (
  select distinct on (tenant_id, coalesce(key, id)) * from given order by tenant_id, coalesce(key, id), n
), fresh as (
  insert into touchpoint_key (tenant_id, key) select tenant_id, key from first where key is not null order by tenant_id, key
  on conflict do nothing returning tenant_id, key
), mine as materialized (
  select f.* from first f left join fresh using (tenant_id, key) where f.key is null or fresh.key is not null
), landed as (
  insert into touchpoint (tenant_id, id, household, kind, channel, name, evidence, campaign_id, placement_id, show_id, episode_id)
  select tenant_id, id, household, kind, channel, name, evidence, campaign, placement, show, episode from mine
  on conflict do nothing
), told as materialized (
  select core.append_event(tenant_id, uuidv7(), ${LANDED}, null,
    jsonb_build_object('touchpoints', count(*), 'orders', 0, 'refunds', 0,
      'from', to_char(min(uuid_extract_timestamp(id)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'to', to_char(max(uuid_extract_timestamp(id)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), now())
  from mine group by tenant_id order by tenant_id
)
select g.n::int, m.n is not null from given g left join mine m on m.n = g.n cross join (select count(*) from told) t`;

/** Orders are known by their order_id for ever, refunds by their message for ever: both keys stand in tables without partitions. */
const LAND_ORDERS = `
with given as materialized (
  select g.*, case g.kind when 'order' then g.order_id else g.key::text end as once
  from unnest(tenants, id, key, kind, order_id, household, value_micros, currency, code, evidence, campaign, placement, new_customer) with ordinality
    as g(tenant_id, id, key, kind, order_id, household, value_micros, currency, code, evidence, campaign, placement, new_customer, n)
), first as materialized (
  select distinct on (tenant_id, kind, once) * from given order by tenant_id, kind, once, n
), fresh as (
  insert into order_key (tenant_id, kind, once, id) select tenant_id, kind, once, id from first order by tenant_id, kind, once
  on conflict do nothing returning tenant_id, kind, once
), mine as materialized (
  select f.* from first f join fresh using (tenant_id, kind, once)
), ordered as (
  insert into orders (tenant_id, id, order_id, household, value_micros, currency, code, evidence, campaign_id, placement_id, new_customer)
  select tenant_id, id, order_id, household, value_micros, currency, code, evidence, campaign, placement, new_customer from mine where kind = 'order'
  on conflict do nothing
), refunded as (
  insert into refund (tenant_id, order_id, id, value_micros, currency)
  select tenant_id, order_id, id, value_micros, currency from mine where kind = 'refund'
  on conflict do nothing
), told as materialized (
  select core.append_event(tenant_id, uuidv7(), ${LANDED}, null,
    jsonb_build_object('touchpoints', 0, 'orders', count(*) filter (where kind = 'order'), 'refunds', count(*) filter (where kind = 'refund'),
      'from', to_char(min(uuid_extract_timestamp(id)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'to', to_char(max(uuid_extract_timestamp(id)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), now())
  from mine group by tenant_id order by tenant_id
)
select g.n::int, m.n is not null from given g left join mine m on m.n = g.n cross join (select count(*) from told) t`;

const LAND_LINKS = `
with given as materialized (
  select g.* from unnest(tenants, alias, household) with ordinality as g(tenant_id, alias, household, n)
), first as materialized (
  select distinct on (tenant_id, alias) * from given order by tenant_id, alias, n
), fresh as (
  insert into identity_link (tenant_id, alias, household) select tenant_id, alias, household from first order by tenant_id, alias
  on conflict do nothing returning tenant_id, alias
), told as materialized (
  select core.append_event(tenant_id, uuidv7(), '${linked.id}', 'podlift.tracking', null, jsonb_build_object('links', count(*)), now())
  from fresh group by tenant_id order by tenant_id
)
select g.n::int, f.alias is not null from given g left join (first join fresh f using (tenant_id, alias)) f on f.n = g.n
cross join (select count(*) from told) t`;

const LAND_SECRET = `
with given as materialized (
  select g.* from unnest(tenants, purpose, secret) with ordinality as g(tenant_id, purpose, secret, n)
), first as materialized (
  select distinct on (tenant_id, purpose) * from given order by tenant_id, purpose, n
), fresh as (
  insert into hash_secret (tenant_id, purpose, secret) select tenant_id, purpose, secret from first
  on conflict do nothing returning tenant_id, purpose
)
select g.n::int, f.purpose is not null from given g left join (first join fresh f using (tenant_id, purpose)) f on f.n = g.n`;

/** Touchpoints, orders, refunds, and the keys that make each of them count once. */
export const m0001 = migration('0001_events', (schema) => {
  schema.tenantTable({
    name: 'touchpoint',
    columns: {
      id: 'uuid not null',
      household: 'uuid not null',
      kind: 'text not null',
      channel: 'text not null',
      name: 'text',
      evidence: 'text',
      campaign_id: 'uuid',
      placement_id: 'uuid',
      show_id: 'uuid',
      episode_id: 'uuid',
    },
    indexes: [['household', 'id']],
    partition: 'month',
    retentionDays: RETENTION_DAYS,
    privacy: {
      id: BEHAVIOR,
      household: HOUSEHOLD,
      kind: BEHAVIOR,
      channel: BEHAVIOR,
      name: BEHAVIOR,
      evidence: 'none',
      campaign_id: BEHAVIOR,
      placement_id: BEHAVIOR,
      show_id: BEHAVIOR,
      episode_id: BEHAVIOR,
    },
  });
  schema.tenantTable({
    name: 'touchpoint_key',
    columns: { key: 'uuid not null', seen: 'date not null default current_date' },
    primaryKey: ['key'],
    privacy: { key: 'none', seen: 'none' },
  });
  schema.tenantTable({
    name: 'orders',
    columns: {
      id: 'uuid not null',
      order_id: 'text not null',
      household: 'uuid not null',
      value_micros: 'bigint not null',
      currency: 'text not null',
      code: 'text',
      evidence: 'text',
      campaign_id: 'uuid',
      placement_id: 'uuid',
      new_customer: 'boolean',
    },
    indexes: [['household', 'id'], ['order_id']],
    partition: 'month',
    retentionDays: RETENTION_DAYS,
    privacy: {
      id: PURCHASE,
      order_id: PURCHASE,
      household: HOUSEHOLD,
      value_micros: PURCHASE,
      currency: PURCHASE,
      code: PURCHASE,
      evidence: 'none',
      campaign_id: 'none',
      placement_id: 'none',
      new_customer: PURCHASE,
    },
  });
  schema.tenantTable({
    name: 'order_key',
    columns: { kind: 'text not null', once: 'text not null', id: 'uuid not null' },
    primaryKey: ['kind', 'once'],
    privacy: { kind: 'none', once: PURCHASE, id: PURCHASE },
  });
  schema.tenantTable({
    name: 'refund',
    columns: { order_id: 'text not null', id: 'uuid not null', value_micros: 'bigint', currency: 'text not null' },
    primaryKey: ['order_id', 'id'],
    privacy: { order_id: PURCHASE, id: PURCHASE, value_micros: PURCHASE, currency: PURCHASE },
  });
  schema.tenantTable({
    name: 'identity_link',
    columns: { alias: 'uuid not null', household: 'uuid not null', stitched_at: 'timestamptz' },
    primaryKey: ['alias'],
    indexes: [{ columns: ['alias'], where: 'stitched_at is null' }],
    privacy: { alias: HOUSEHOLD, household: HOUSEHOLD, stitched_at: 'none' },
  });
  schema.tenantTable({
    name: 'hash_secret',
    columns: { purpose: 'text not null', secret: 'text not null' },
    primaryKey: ['purpose'],
    privacy: { purpose: 'none', secret: 'secret' },
  });
  schema.ingestFunction(touchpointIngestion, {
    into: ['touchpoint_key', 'touchpoint', 'core.event', 'core.event_pending'],
    body: LAND_TOUCHPOINTS,
  });
  schema.ingestFunction(orderIngestion, {
    into: ['order_key', 'orders', 'refund', 'core.event', 'core.event_pending'],
    body: LAND_ORDERS,
  });
  schema.ingestFunction(linkIngestion, {
    into: ['identity_link', 'core.event', 'core.event_pending'],
    body: LAND_LINKS,
  });
  schema.ingestFunction(secretIngestion, { into: ['hash_secret'], body: LAND_SECRET });
  schema.view(
    touchpointsView,
    `select tenant_id, id, uuid_extract_timestamp(id) as at, household, kind, channel, campaign_id, placement_id, show_id, episode_id from touchpoint`,
  );
  schema.view(
    ordersView,
    `select o.tenant_id, o.id, o.order_id, uuid_extract_timestamp(o.id) as at, o.household, o.value_micros,
       least(o.value_micros, coalesce(r.micros, 0)) as refunded_micros, o.currency, o.code, o.campaign_id, o.placement_id, o.new_customer,
       case when r.micros is null then 'confirmed' when r.micros >= o.value_micros then 'refunded' else 'partially_refunded' end as status
     from orders o left join lateral (
       select sum(coalesce(f.value_micros, o.value_micros))::bigint as micros from refund f
       where f.tenant_id = o.tenant_id and f.order_id = o.order_id and f.currency = o.currency
     ) r on true`,
  );
});
