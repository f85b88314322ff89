import { POLICY_NAMES, type CoreMigration } from '../data/index.ts';

/** People name things after people; what finds a thing goes with it. */
const NAMED = { category: 'personal', subject: 'customer', purpose: 'find a thing again', erasure: 'delete' } as const;

/**
 * Trigrams make parts of words fast and forgive a wrong letter. Where the server has no such extension every entry of
 * the one tenant is looked at, and a wrong letter finds nothing.
 */
const TRIGRAMS = `
do $$ begin
  if exists (select from pg_available_extensions where name = 'pg_trgm')
    and exists (select from pg_available_extensions where name = 'btree_gin') then
    create extension if not exists pg_trgm with schema core;
    create extension if not exists btree_gin with schema core;
    create index search_entry_words on core.search_entry using gin (tenant_id core.uuid_ops, words core.gin_trgm_ops);
  end if;
exception when insufficient_privilege or feature_not_supported or undefined_file then
  raise warning 'search works without an index: pg_trgm and btree_gin cannot be installed (%)', sqlerrm;
end $$`;

/**
 * The one way to look for words. LIKE is not leakproof, so that under row-level security it could use no index: here the
 * tenant is a condition and not a policy, and comes from the transaction as it does in policies.
 */
const FIND = `
create function core.find_entries(terms text[], kinds text[], most integer)
returns table (plugin text, kind text, id text, title text, score real)
language plpgsql stable security definer set search_path = core, pg_catalog, pg_temp as $$
declare
  asked uuid := current_setting('podlift.tenant_id')::uuid;
  patterns text[] := array(select '%' || term || '%' from unnest(terms) as term);
begin
  return query
    select e.plugin, e.kind, e.id, e.title,
      (case when e.name = array_to_string(terms, ' ') then 4 when e.name like terms[1] || '%' then 3
        when ' ' || e.name like '% ' || terms[1] || '%' then 2 when e.name like all (patterns) then 1.5 else 1 end)::real
    from core.search_entry e
    where e.tenant_id = asked and e.words like all (patterns) and e.removed_at is null and (e.plugin || '/' || e.kind) = any (kinds)
    order by 5 desc, length(e.title), e.title, e.id limit most;
  if found or to_regclass('core.search_entry_words') is null then return; end if;
  return query
    select e.plugin, e.kind, e.id, e.title, word_similarity(array_to_string(terms, ' '), e.words) as score
    from core.search_entry e
    where e.tenant_id = asked and array_to_string(terms, ' ') <% e.words and e.removed_at is null and (e.plugin || '/' || e.kind) = any (kinds)
    order by 5 desc, length(e.title), e.title, e.id limit most;
end $$;
revoke all on function core.find_entries(text[], text[], integer) from public;
grant execute on function core.find_entries(text[], text[], integer) to podlift_runtime`;

export const migrations: readonly CoreMigration[] = [
  {
    name: 'search/0001_entry',
    up: (schema) => {
      schema.tenantTable({
        name: 'search_entry',
        columns: {
          plugin: 'text not null',
          kind: 'text not null',
          id: 'text not null',
          title: 'text not null',
          /** The title and everything else that finds it, as `normalize` writes it. */
          name: 'text not null',
          words: 'text not null',
          changed_at: 'timestamptz not null',
          /** A rebuild that read the thing before it was removed must not bring it back. */
          removed_at: 'timestamptz',
        },
        primaryKey: ['plugin', 'kind', 'id'],
        privacy: {
          plugin: 'none',
          kind: 'none',
          id: 'none',
          title: NAMED,
          name: NAMED,
          words: NAMED,
          changed_at: 'none',
          removed_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'search_rebuild',
        columns: { plugin: 'text not null', kind: 'text not null', built_at: 'timestamptz not null' },
        primaryKey: ['plugin', 'kind'],
        privacy: { plugin: 'none', kind: 'none', built_at: 'none' },
      });
      schema.sql(
        `create policy ${POLICY_NAMES.definerReads} on core.search_entry for select to podlift_owner using (true)`,
      );
      schema.sql(TRIGRAMS);
      schema.sql(FIND);
    },
  },
];
