/**
 * All that `podlift_runtime` may learn of the schema `auth`: whose session or key this is. Both run with their owner's rights,
 * name every table in full and search no path that a caller could set.
 */
export const CHECKS = `
create function core.check_session(p_token text)
returns table (session_id text, expires_at timestamptz, user_id text, email text, name text, operator boolean, memberships jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.id, s."expiresAt", u.id, u.email, u.name,
    exists (select 1 from core.operator o where o.user_id = u.id),
    coalesce((select jsonb_object_agg(m."organizationId", m.role) from auth.member m where m."userId" = u.id), '{}')
  from auth.session s join auth."user" u on u.id = s."userId"
  where s.token = p_token and s."expiresAt" > now()
$$;

create function core.check_key(p_hash text)
returns table (key_id text, tenant_id uuid, kind text, name text, permissions jsonb, role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.id, k."referenceId"::uuid, k."configId", k.name,
    coalesce(k.permissions, '{}')::jsonb, coalesce(k.metadata::jsonb ->> 'role', 'viewer')
  from auth.apikey k
  where k.key = p_hash and k.enabled and (k."expiresAt" is null or k."expiresAt" > now())
$$;

revoke all on function core.check_session(text), core.check_key(text) from public;
grant execute on function core.check_session(text), core.check_key(text) to podlift_runtime;
`;

/**
 * Keys of people do no more than their makers may do now, and nothing once these have left. A function of another name, because nodes of
 * the version before go on asking the one above until they are replaced.
 */
export const LOOK_UP_KEY = `
create function core.look_up_key(p_hash text)
returns table (key_id text, tenant_id uuid, kind text, name text, permissions jsonb, role text, maker_role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.id, k."referenceId"::uuid, k."configId", k.name,
    coalesce(k.permissions, '{}')::jsonb, coalesce(k.metadata::jsonb ->> 'role', 'viewer'), m.role
  from auth.apikey k
  left join auth.member m on m."organizationId" = k."referenceId" and m."userId" = k.metadata::jsonb ->> 'user'
  where k.key = p_hash and k.enabled and (k."expiresAt" is null or k."expiresAt" > now())
    and (k.metadata::jsonb ->> 'user' is null or m.role is not null)
$$;
revoke all on function core.look_up_key(text) from public;
grant execute on function core.look_up_key(text) to podlift_runtime;

-- Whose the keys are that were made before: of the person at the beginning of the chain of keys that made keys.
with recursive maker as (
  select id, metadata::jsonb ->> 'by' as made_by from auth.apikey where "configId" = 'secret'
  union all
  select maker.id, k.metadata::jsonb ->> 'by' from maker join auth.apikey k on maker.made_by = 'key:' || k.id
)
update auth.apikey k set metadata = (k.metadata::jsonb || jsonb_build_object('user', substr(maker.made_by, 6)))::text
from maker where maker.id = k.id and maker.made_by like 'user:%';
`;
