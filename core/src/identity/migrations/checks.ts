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
