import type { CoreMigration } from '../data/index.ts';
import { EVENT_RETENTION_DAYS, SLOTS } from './limits.ts';

const PERSONAL = {
  category: 'personal',
  subject: 'whoever the event is about',
  purpose: 'telling plugins what happened',
  retentionDays: EVENT_RETENTION_DAYS,
  erasure: 'delete',
} as const;

/**
 * The slot of a tenant: a part of the bus with positions of its own. The last byte of a UUID is random in every version we use.
 * The same rule stands in `slotOf`.
 */
const SLOT_OF = `
create function core.event_slot_of(tenant uuid) returns smallint language sql immutable strict parallel safe as
$$ select (get_byte(uuid_send(tenant), 15) % ${SLOTS})::smallint $$`;

/** For SQL that runs beside the application, such as an ingest function: the event and its pending row, in the caller's transaction and rights. */
const APPEND_EVENT = `
create function core.append_event(tenant uuid, id uuid, type text, source text, key text, payload jsonb, "time" timestamptz)
returns void language sql volatile as $$
  insert into core.event (tenant_id, id, type, source, key, payload, "time") values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing;
  insert into core.event_pending (slot, tenant_id, event_id, type) values (core.event_slot_of($1), $1, $2, $3);
$$`;

/**
 * Gives positions to pending events of every slot it can lock. A slot's row stays locked until commit, so positions become visible in
 * their order, without gaps. Each statement of the function sees what was committed when it began: after the lock, that is everything
 * that a sequencer before us placed. \`skipped\` counts slots that another sequencer holds.
 */
const SEQUENCE_EVENTS = `
create function core.sequence_events(most integer, out slot smallint, out type text, out placed bigint, out skipped integer) returns setof record
language plpgsql volatile as $$
#variable_conflict use_column
declare
  due smallint[];
  held smallint[];
begin
  select array_agg(s.slot) into due from core.event_slot s where exists (select from core.event_pending p where p.slot = s.slot);
  if due is null then return; end if;
  select array_agg(l.slot) into held from (
    select s.slot from core.event_slot s where s.slot = any(due) order by s.slot for update skip locked
  ) l;
  if cardinality(held) < cardinality(due) or held is null then
    return query select null::smallint, null::text, 0::bigint, cardinality(due) - coalesce(cardinality(held), 0);
  end if;
  return query
  with taken as (
    delete from core.event_pending p using (
      select w.slot, w.seq from unnest(held) h(slot)
      cross join lateral (select q.slot, q.seq from core.event_pending q where q.slot = h.slot order by q.seq limit most) w
    ) t where p.slot = t.slot and p.seq = t.seq returning p.slot, p.seq, p.tenant_id, p.event_id, p.type
  ), numbered as (
    select t.*, s.next_position + row_number() over (partition by t.slot order by t.seq) - 1 as position
    from taken t join core.event_slot s on s.slot = t.slot
  ), moved as (
    update core.event_slot s set next_position = n.last + 1
    from (select n.slot, max(n.position) as last from numbered n group by n.slot) n where s.slot = n.slot returning s.slot
  ), placed as (
    insert into core.event_position (slot, position, tenant_id, event_id, type)
    select n.slot, n.position, n.tenant_id, n.event_id, n.type from numbered n returning slot, type
  )
  select p.slot, p.type, count(*), 0 from placed p group by p.slot, p.type;
end $$`;

/**
 * The same for pending events behind a number. While a transaction stays open anywhere, rows that were deleted since it began stay
 * in the way; whoever has looked at everything before \`after\` need not step over them again. \`seen\` is the newest number at the start.
 */
const SEQUENCE_AFTER = `
create function core.sequence_events_after(most integer, after bigint, out slot smallint, out type text, out placed bigint, out skipped integer, out seen bigint) returns setof record
language plpgsql volatile as $$
#variable_conflict use_column
declare
  due smallint[];
  held smallint[];
  newest bigint;
begin
  newest := coalesce(pg_sequence_last_value('core.event_pending_seq_seq'), 0);
  return query select null::smallint, null::text, 0::bigint, 0, newest;
  select array_agg(s.slot) into due from core.event_slot s where exists (select from core.event_pending p where p.slot = s.slot and p.seq > after);
  if due is null then return; end if;
  select array_agg(l.slot) into held from (
    select s.slot from core.event_slot s where s.slot = any(due) order by s.slot for update skip locked
  ) l;
  if cardinality(held) < cardinality(due) or held is null then
    return query select null::smallint, null::text, 0::bigint, cardinality(due) - coalesce(cardinality(held), 0), newest;
  end if;
  return query
  with taken as (
    delete from core.event_pending p using (
      select w.slot, w.seq from unnest(held) h(slot)
      cross join lateral (select q.slot, q.seq from core.event_pending q where q.slot = h.slot and q.seq > after order by q.seq limit most) w
    ) t where p.slot = t.slot and p.seq = t.seq returning p.slot, p.seq, p.tenant_id, p.event_id, p.type
  ), numbered as (
    select t.*, s.next_position + row_number() over (partition by t.slot order by t.seq) - 1 as position
    from taken t join core.event_slot s on s.slot = t.slot
  ), moved as (
    update core.event_slot s set next_position = n.last + 1
    from (select n.slot, max(n.position) as last from numbered n group by n.slot) n where s.slot = n.slot returning s.slot
  ), placed as (
    insert into core.event_position (slot, position, tenant_id, event_id, type)
    select n.slot, n.position, n.tenant_id, n.event_id, n.type from numbered n returning slot, type
  )
  select p.slot, p.type, count(*), 0, newest from placed p group by p.slot, p.type;
end $$`;

/** What a tenant may know of positions: its own. Reads its tenant from the transaction, as the policies do. */
const TAIL_EVENTS = `
create function core.tail_events(after bigint, types text[], most integer) returns table (pos bigint, event_id uuid)
language sql stable security definer set search_path = '' as $$
  select p.position, p.event_id from core.event_position p
  where p.slot = core.event_slot_of(current_setting('podlift.tenant_id')::uuid)
    and p.tenant_id = current_setting('podlift.tenant_id')::uuid
    and p.position > $1 and ($2 is null or p.type = any($2))
  order by p.position limit $3
$$`;

const TAIL_HEAD = `
create function core.tail_head() returns bigint
language sql stable security definer set search_path = '' as $$
  select s.next_position - 1 from core.event_slot s where s.slot = core.event_slot_of(current_setting('podlift.tenant_id')::uuid)
$$`;

/** Up to where a subscriber has had the tenant's events: what lies behind it comes anyway. */
const BOUND = `
create function core.replay_bound(subscriber text) returns bigint
language sql stable security definer set search_path = '' as $$
  select c.position from core.event_cursor c
  where c.subscriber = $1 and c.slot = core.event_slot_of(current_setting('podlift.tenant_id')::uuid)
$$`;

/** How many of the tenant's events a replay will bring, and between which positions. */
const MEASURE = `
create function core.replay_measure(types text[], key text, since timestamptz, until timestamptz, first bigint, last bigint, out total bigint, out lowest bigint, out highest bigint)
language sql stable security definer set search_path = '' as $$
  select count(*), min(p.position), max(p.position) from core.event_position p
  join core.event e on e.tenant_id = p.tenant_id and e.id = p.event_id
  where p.tenant_id = current_setting('podlift.tenant_id')::uuid and e.tenant_id = current_setting('podlift.tenant_id')::uuid
    and p.position between $5 and $6 and p.type = any($1)
    and ($2 is null or e.key = $2) and ($3 is null or e."time" >= $3) and ($4 is null or e."time" < $4)
$$`;

/** Queue tables change all the time and stay small: vacuum them early, leave room for updates in place. */
const SETTINGS = `
alter table core.event_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
alter table core.event_slot set (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
alter table core.event_cursor set (fillfactor = 50);
alter table core.event_progress set (fillfactor = 70);
insert into core.event_slot (slot, next_position) select s, 1 from generate_series(0, ${SLOTS - 1}) s`;

const GRANTS = `
grant select, insert, update, delete on core.event_pending, core.event_slot, core.event_position, core.event_cursor to podlift_system;
grant execute on function core.event_slot_of(uuid), core.append_event(uuid, uuid, text, text, text, jsonb, timestamptz) to public;
revoke execute on function core.sequence_events(integer), core.tail_events(bigint, text[], integer), core.tail_head() from public;
grant execute on function core.sequence_events(integer) to podlift_system;
grant execute on function core.tail_events(bigint, text[], integer), core.tail_head() to podlift_runtime`;

/** Tables of events, their order, how far each subscriber is, and what it could not take. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'events/0001_events',
    up(schema) {
      schema.tenantTable({
        name: 'event',
        columns: {
          id: 'uuid not null',
          type: 'text not null',
          source: 'text not null',
          key: 'text',
          payload: 'jsonb not null',
          time: 'timestamptz not null',
        },
        partition: 'month',
        retentionDays: EVENT_RETENTION_DAYS,
        privacy: { id: 'none', type: 'none', source: 'none', key: 'pseudonymous', payload: PERSONAL, time: 'none' },
        grants: ['select', 'insert'],
      });
      schema.directoryTable({
        name: 'event_pending',
        columns: {
          slot: 'smallint not null',
          seq: 'bigint not null generated always as identity',
          tenant_id: 'uuid not null',
          event_id: 'uuid not null',
          type: 'text not null',
        },
        primaryKey: ['slot', 'seq'],
        privacy: { slot: 'none', seq: 'none', tenant_id: 'none', event_id: 'none', type: 'none' },
        grants: ['insert'],
      });
      schema.directoryTable({
        name: 'event_slot',
        columns: { slot: 'smallint not null', next_position: 'bigint not null' },
        primaryKey: ['slot'],
        privacy: { slot: 'none', next_position: 'none' },
        grants: [],
      });
      schema.directoryTable({
        name: 'event_position',
        columns: {
          slot: 'smallint not null',
          position: 'bigint not null',
          tenant_id: 'uuid not null',
          event_id: 'uuid not null',
          type: 'text not null',
          placed_at: 'timestamptz not null default now()',
        },
        primaryKey: ['slot', 'position'],
        indexes: [['slot', 'type', 'position']],
        privacy: {
          slot: 'none',
          position: 'none',
          tenant_id: 'none',
          event_id: 'none',
          type: 'none',
          placed_at: 'none',
        },
        grants: [],
      });
      schema.directoryTable({
        name: 'event_cursor',
        columns: {
          subscriber: 'text not null',
          slot: 'smallint not null',
          position: 'bigint not null',
          owner: 'uuid',
          leased_until: `timestamptz not null default '-infinity'`,
        },
        primaryKey: ['subscriber', 'slot'],
        privacy: { subscriber: 'none', slot: 'none', position: 'none', owner: 'none', leased_until: 'none' },
        grants: [],
      });
      schema.tenantTable({
        name: 'event_progress',
        columns: { subscriber: 'text not null', position: 'bigint not null' },
        primaryKey: ['subscriber'],
        privacy: { subscriber: 'none', position: 'none' },
      });
      schema.tenantTable({
        name: 'dead_letter',
        columns: {
          subscriber: 'text not null',
          event_id: 'uuid not null',
          position: 'bigint not null',
          type: 'text not null',
          source: 'text not null',
          key: 'text',
          payload: 'jsonb not null',
          time: 'timestamptz not null',
          state: 'text not null',
          attempts: 'integer not null',
          next_attempt_at: 'timestamptz not null',
          error: 'text',
          parked_at: 'timestamptz not null',
        },
        primaryKey: ['subscriber', 'event_id'],
        indexes: [['subscriber', 'key', 'position'], { columns: ['next_attempt_at'], where: `state = 'retrying'` }],
        checks: { dead_letter_state_check: `state in ('retrying', 'behind', 'dead')` },
        privacy: {
          subscriber: 'none',
          event_id: 'none',
          position: 'none',
          type: 'none',
          source: 'none',
          key: 'pseudonymous',
          payload: PERSONAL,
          time: 'none',
          state: 'none',
          attempts: 'none',
          next_attempt_at: 'none',
          error: 'none',
          parked_at: 'none',
        },
      });
      for (const sql of [SLOT_OF, APPEND_EVENT, SEQUENCE_EVENTS, TAIL_EVENTS, TAIL_HEAD, SETTINGS, GRANTS])
        schema.sql(sql);
    },
  },
  {
    name: 'events/0002_by_tenant',
    up(schema) {
      schema.sql('create index event_position_tenant_idx on core.event_position (tenant_id, position)');
    },
  },
  {
    name: 'events/0003_replay',
    up(schema) {
      schema.directoryTable({
        name: 'event_subscriber',
        columns: {
          id: 'text not null',
          types: 'text[] not null',
          mode: 'text not null',
          replay: 'boolean not null',
          seen_at: 'timestamptz not null',
        },
        primaryKey: ['id'],
        privacy: { id: 'none', types: 'none', mode: 'none', replay: 'none', seen_at: 'none' },
        grants: ['select'],
      });
      schema.sql('grant select, insert, update, delete on core.event_subscriber to podlift_system');
      schema.tenantTable({
        name: 'event_replay',
        columns: {
          id: 'uuid not null',
          subscriber: 'text not null',
          types: 'text[]',
          key: 'text',
          since: 'timestamptz',
          until: 'timestamptz',
          first: 'bigint not null',
          last: 'bigint not null',
          position: 'bigint not null',
          total: 'bigint not null',
          handled: 'bigint not null default 0',
          failed: 'bigint not null default 0',
          state: 'text not null',
          reason: 'text',
          error: 'text',
          actor: 'text not null',
          owner: 'uuid',
          leased_until: `timestamptz not null default '-infinity'`,
          created_at: 'timestamptz not null',
          ended_at: 'timestamptz',
        },
        primaryKey: ['id'],
        indexes: [{ columns: ['leased_until'], where: `state = 'running'` }],
        checks: { event_replay_state_check: `state in ('running', 'done', 'cancelled', 'refused')` },
        privacy: {
          id: 'none',
          subscriber: 'none',
          types: 'none',
          key: 'pseudonymous',
          since: 'none',
          until: 'none',
          first: 'none',
          last: 'none',
          position: 'none',
          total: 'none',
          handled: 'none',
          failed: 'none',
          state: 'none',
          reason: 'none',
          error: 'none',
          actor: 'pseudonymous',
          owner: 'none',
          leased_until: 'none',
          created_at: 'none',
          ended_at: 'none',
        },
      });
      schema.sql('alter table core.dead_letter add column replay uuid');
      schema.privacy('dead_letter', { replay: 'none' });
      schema.sql(BOUND);
      schema.sql(MEASURE);
      schema.sql(`
        revoke execute on function core.replay_bound(text), core.replay_measure(text[], text, timestamptz, timestamptz, bigint, bigint) from public;
        grant execute on function core.replay_bound(text), core.replay_measure(text[], text, timestamptz, timestamptz, bigint, bigint) to podlift_runtime`);
    },
  },
  {
    name: 'events/0004_sequence_after',
    up(schema) {
      schema.sql(SEQUENCE_AFTER);
      schema.sql(`
        revoke execute on function core.sequence_events_after(integer, bigint) from public;
        grant execute on function core.sequence_events_after(integer, bigint) to podlift_system;
        grant select on sequence core.event_pending_seq_seq to podlift_system`);
    },
  },
];
