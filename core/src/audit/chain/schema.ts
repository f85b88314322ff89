import type { SchemaBuilder } from '../../data/index.ts';

/**
 * Canonical text of a value: its length in bytes, a colon, the value, a comma; a dash for none. No value can look like two.
 * The same rule stands in canonical.ts, which verifies.
 */
const FIELD = `
create function core.audit_field(value text) returns text language sql immutable parallel safe as
$$ select coalesce(octet_length(value) || ':' || value, '-') || ',' $$`;

/** What may be erased later is in the chain by this digest only. */
const DIGEST = `
create function core.audit_digest(salt bytea, ip text, details jsonb) returns bytea language sql immutable parallel safe as
$$ select sha256(convert_to(core.audit_field(encode(salt, 'hex')) || core.audit_field(ip) || core.audit_field(details::text), 'UTF8')) $$`;

const CONTENT = `
create function core.audit_content(tenant uuid, id uuid, "time" timestamptz, actor_kind text, actor_id text, action text, target text,
  via text, request_id text, digest bytea) returns bytea language sql stable parallel safe as
$$ select sha256(convert_to(
  core.audit_field('podlift.audit.1') || core.audit_field(tenant::text) || core.audit_field(id::text)
  || core.audit_field((extract(epoch from "time") * 1000000)::bigint::text) || core.audit_field(actor_kind) || core.audit_field(actor_id)
  || core.audit_field(action) || core.audit_field(target) || core.audit_field(via) || core.audit_field(request_id)
  || core.audit_field(encode(digest, 'hex')), 'UTF8')) $$`;

const AS_OWNER = `security definer set search_path = ''`;
/** The owner works on rows of all tenants between these two, and nowhere else outside of migrations. */
const BEGIN = `perform set_config('podlift.migrating', 'on', true), core.use_tenant('00000000-0000-0000-0000-000000000000')`;
const END = `perform set_config('podlift.migrating', 'off', true)`;

/**
 * One round of the sealer: gives rows that have committed their place in their chain. A row without a place is due whenever it
 * commits, so none is lost however late; the order of the chain is the order of sealing. One node has the lease; the row of it stays
 * locked until commit, so that never two give places.
 */
const SEAL = `
create function core.seal_audit(node uuid, lease interval, most integer, out leads boolean, out sealed integer)
language plpgsql volatile ${AS_OWNER} as $$
declare
  due record;
  last_seq bigint;
  last_hash bytea;
  chain uuid;
  proof bytea;
begin
  leads := false;
  sealed := 0;
  perform from core.audit_sealer where owner is null or owner = node or leased_until < clock_timestamp() for update skip locked;
  if not found then return; end if;
  leads := true;
  ${BEGIN};
  update core.audit_sealer set owner = node, leased_until = clock_timestamp() + lease
    where owner is distinct from node or leased_until < clock_timestamp() + lease / 2;
  for due in
    (select a.tenant_id as chain, a.tenant_id as tenant, a.id, a."time", a.actor_kind, a.actor_id, a.action, a.target, a.via, a.request_id,
      a.salt, a.ip, a.details, a.digest, true as own from core.audit a where a.seq is null order by a.tenant_id, a.id limit most)
    union all
    (select '00000000-0000-0000-0000-000000000000'::uuid, o.tenant, o.id, o."time", o.actor_kind, o.actor_id, o.action, o.target, o.via,
      o.request_id, o.salt, o.ip, o.details, o.digest, false from core.operator_audit o where o.seq is null order by o.id limit most)
  loop
    if chain is distinct from due.chain then
      if chain is not null then perform core.keep_audit_head(chain, last_seq, last_hash); end if;
      chain := due.chain;
      select h.seq, h.hash into last_seq, last_hash from core.audit_head h where h.tenant_id = chain;
      if not found then
        last_seq := 0;
        last_hash := sha256(convert_to('podlift.audit.1:' || chain, 'UTF8'));
      end if;
    end if;
    proof := coalesce(due.digest, core.audit_digest(due.salt, due.ip, due.details));
    last_seq := last_seq + 1;
    last_hash := sha256(last_hash || int8send(last_seq) || core.audit_content(due.tenant, due.id, due."time", due.actor_kind, due.actor_id,
      due.action, due.target, due.via, due.request_id, proof));
    if due.own then
      update core.audit set seq = last_seq, hash = last_hash, digest = proof where tenant_id = chain and id = due.id;
    else
      update core.operator_audit set seq = last_seq, hash = last_hash, digest = proof where id = due.id;
    end if;
    sealed := sealed + 1;
  end loop;
  if chain is not null then perform core.keep_audit_head(chain, last_seq, last_hash); end if;
  ${END};
end $$`;

const KEEP_HEAD = `
create function core.keep_audit_head(chain uuid, at bigint, proof bytea) returns void language sql volatile as $$
  insert into core.audit_head (tenant_id, seq, hash, sealed_at) values (chain, at, proof, clock_timestamp())
  on conflict (tenant_id) do update set seq = excluded.seq, hash = excluded.hash, sealed_at = excluded.sealed_at
$$`;

/** Takes out what may be erased and leaves its digest. */
const REDACT = `
create function core.redact_audit(chain uuid, ids uuid[]) returns integer language plpgsql volatile ${AS_OWNER} as $$
declare
  redacted integer;
begin
  ${BEGIN};
  if chain = '00000000-0000-0000-0000-000000000000' then
    update core.operator_audit a set digest = coalesce(a.digest, core.audit_digest(a.salt, a.ip, a.details)), details = '{}', ip = null, salt = null,
      redacted_at = now() where a.id = any(ids) and a.redacted_at is null;
  else
    update core.audit a set digest = coalesce(a.digest, core.audit_digest(a.salt, a.ip, a.details)), details = '{}', ip = null, salt = null,
      redacted_at = now() where a.tenant_id = chain and a.id = any(ids) and a.redacted_at is null;
  end if;
  get diagnostics redacted = row_count;
  ${END};
  return redacted;
end $$`;

/** Removes the oldest rows of a chain, as far as all of them are older, and remembers where the rest begins. */
const RETIRE = `
create function core.retire_audit(chain uuid, before timestamptz, out removed integer, out until bigint)
language plpgsql volatile ${AS_OWNER} as $$
declare
  proof bytea;
  installation constant boolean := chain = '00000000-0000-0000-0000-000000000000';
begin
  removed := 0;
  ${BEGIN};
  perform from core.audit_head h where h.tenant_id = chain for update;
  if installation then
    select min(a.seq) - 1 into until from core.operator_audit a where a.seq is not null and a."time" >= before;
    if until is null then select max(a.seq) into until from core.operator_audit a where a.seq is not null; end if;
    select a.hash into proof from core.operator_audit a where a.seq = until;
  else
    select min(a.seq) - 1 into until from core.audit a where a.tenant_id = chain and a.seq is not null and a."time" >= before;
    if until is null then select max(a.seq) into until from core.audit a where a.tenant_id = chain and a.seq is not null; end if;
    select a.hash into proof from core.audit a where a.tenant_id = chain and a.seq = until;
  end if;
  if proof is null then
    ${END};
    return;
  end if;
  if installation then delete from core.operator_audit a where a.seq <= until;
  else delete from core.audit a where a.tenant_id = chain and a.seq <= until; end if;
  get diagnostics removed = row_count;
  insert into core.audit_checkpoint as c (tenant_id, seq, hash, removed, made_at) values (chain, until, proof, removed, clock_timestamp())
    on conflict (tenant_id) do update set seq = excluded.seq, hash = excluded.hash, removed = c.removed + excluded.removed, made_at = excluded.made_at;
  ${END};
end $$`;

/** The next node need not wait for the lease to run out. */
const RELEASE = `
create function core.release_audit_sealer(node uuid) returns void language sql volatile security definer set search_path = '' as $$
  update core.audit_sealer set owner = null, leased_until = '-infinity' where owner = node
$$`;

const COLUMNS = `add column via text, add column ip text, add column request_id text, add column salt bytea, add column digest bytea,
  add column seq bigint, add column hash bytea, add column redacted_at timestamptz`;

/** Whoever adds a row says what happened; its place and its proof are the sealer's to say. */
const WRITTEN = 'id, actor_kind, actor_id, action, target, details, "time", via, ip, request_id, salt';

const STATEMENTS = [
  `alter table core.audit ${COLUMNS}`,
  `alter table core.operator_audit ${COLUMNS}`,
  `create unique index audit_seq on core.audit (tenant_id, seq)`,
  `create unique index operator_audit_seq on core.operator_audit (seq)`,
  `create index audit_unsealed on core.audit (tenant_id, id) where seq is null`,
  `create index operator_audit_unsealed on core.operator_audit (id) where seq is null`,
  `create index audit_actor on core.audit (tenant_id, actor_id, id)`,
  `create index operator_audit_actor on core.operator_audit (actor_id, id)`,
  `create index operator_audit_action on core.operator_audit (action, id)`,
  `create index operator_audit_target on core.operator_audit (target, id)`,
  `revoke insert, update, delete on core.audit, core.operator_audit from podlift_runtime, podlift_system`,
  `grant insert (tenant_id, ${WRITTEN}) on core.audit to podlift_runtime, podlift_system, podlift_auth`,
  `grant insert (tenant, ${WRITTEN}) on core.operator_audit to podlift_runtime, podlift_system, podlift_auth`,
  `grant select on core.audit_head, core.audit_checkpoint, core.audit_sealer to podlift_system`,
  // People, keys and members are written by podlift_auth, and their rows with them.
  `grant execute on function core.use_tenant(uuid) to podlift_auth`,
];

const NONE = {
  via: 'none',
  request_id: 'none',
  salt: 'none',
  digest: 'none',
  seq: 'none',
  hash: 'none',
  redacted_at: 'none',
} as const;
const ADDRESS = { category: 'personal', subject: 'user', purpose: 'accountability', erasure: 'clear' } as const;

export function addChain(schema: SchemaBuilder): void {
  for (const table of ['audit_head', 'audit_checkpoint'])
    schema.directoryTable({
      name: table,
      columns: {
        tenant_id: 'uuid not null',
        seq: 'bigint not null',
        hash: 'bytea not null',
        ...(table === 'audit_head'
          ? { sealed_at: 'timestamptz not null' }
          : { removed: 'bigint not null', made_at: 'timestamptz not null' }),
      },
      primaryKey: ['tenant_id'],
      grants: [],
      privacy: { tenant_id: 'none', seq: 'none', hash: 'none', sealed_at: 'none', removed: 'none', made_at: 'none' },
    });
  schema.directoryTable({
    name: 'audit_sealer',
    columns: { one: 'boolean not null', owner: 'uuid', leased_until: `timestamptz not null default '-infinity'` },
    primaryKey: ['one'],
    grants: [],
    privacy: { one: 'none', owner: 'none', leased_until: 'none' },
  });
  for (const sql of [...STATEMENTS, FIELD, DIGEST, CONTENT, KEEP_HEAD, SEAL, RELEASE, REDACT, RETIRE]) schema.sql(sql);
  schema.sql(`insert into core.audit_sealer (one) values (true)`);
  schema.sql(`revoke execute on function core.seal_audit(uuid, interval, integer), core.redact_audit(uuid, uuid[]),
    core.retire_audit(uuid, timestamptz), core.keep_audit_head(uuid, bigint, bytea), core.release_audit_sealer(uuid) from public`);
  schema.sql(`grant execute on function core.seal_audit(uuid, interval, integer), core.redact_audit(uuid, uuid[]),
    core.retire_audit(uuid, timestamptz), core.release_audit_sealer(uuid) to podlift_system`);
  for (const table of ['audit', 'operator_audit']) schema.privacy(table, { ...NONE, ip: ADDRESS });
}
