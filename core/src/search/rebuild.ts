import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { putEntries, type SearchChange } from './changes.ts';

/** What a rebuild asks of plugins. */
export interface Findable {
  /** The kinds that plugins can list, and that the tenant may see. */
  searchSources(tenant: string): Promise<readonly { readonly plugin: string; readonly kind: string }[]>;
  /** A page of entries; without `next` the last. */
  listFindable(
    tenant: string,
    of: { readonly plugin: string; readonly kind: string },
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly entries: NonNullable<SearchChange['put']>; readonly next?: string | undefined }>;
}

const PAGE = 500;
/** Long enough for the slowest rebuild that began before the removal. */
const TOMBSTONE_DAYS = 2;

const BUILT = `select plugin, kind from core.search_rebuild where tenant_id = $1`;
const FINISH = `insert into core.search_rebuild (tenant_id, plugin, kind, built_at) values ($1, $2, $3, $4)
  on conflict (tenant_id, plugin, kind) do update set built_at = excluded.built_at`;
/** What was not listed is not there any more, unless it came meanwhile. */
const SWEEP = `delete from core.search_entry where tenant_id = $1 and plugin = $2 and kind = $3 and removed_at is null
  and changed_at < $4`;
const FORGET = `delete from core.search_entry where tenant_id = $1 and removed_at < $2`;

/** Fills the search from what plugins have: once for what was there before it was told of, and whenever it is asked to. */
export function createRebuild({
  database,
  clock,
  plugins,
}: {
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  readonly plugins: Findable;
}) {
  async function rebuild(
    tenant: string,
    of: { readonly plugin: string; readonly kind: string },
    signal?: AbortSignal,
  ): Promise<number> {
    const began = new Date(clock.now());
    let count = 0;
    for (let after: string | undefined; ;) {
      signal?.throwIfAborted();
      const { entries, next } = await plugins.listFindable(tenant, of, {
        ...(after !== undefined && { after }),
        limit: PAGE,
      });
      if (entries.length > 0)
        await database.withTenant({ tenant }, (tx) =>
          putEntries(tx, [tenant, of.plugin, of.kind], entries, began, true),
        );
      count += entries.length;
      if (next === undefined) break;
      after = next;
    }
    await database.withTenant({ tenant }, async (tx) => {
      await tx.query(SWEEP, [tenant, of.plugin, of.kind, began]);
      await tx.query(FORGET, [tenant, new Date(began.getTime() - TOMBSTONE_DAYS * 86_400_000)]);
      await tx.query(FINISH, [tenant, of.plugin, of.kind, began]);
    });
    return count;
  }

  const sourcesMissing = async (tenant: string): Promise<{ plugin: string; kind: string }[]> => {
    const built = await database.withTenant({ tenant }, (tx) =>
      tx.query<{ plugin: string; kind: string }>(BUILT, [tenant]),
    );
    const known = new Set(built.map(({ plugin, kind }) => `${plugin}/${kind}`));
    const sources = await plugins.searchSources(tenant);
    return sources.filter(({ plugin, kind }) => !known.has(`${plugin}/${kind}`));
  };
  const rebuildThese = async (
    tenant: string,
    sources: readonly { readonly plugin: string; readonly kind: string }[],
    signal?: AbortSignal,
  ): Promise<number> => {
    let count = 0;
    for (const source of sources) count += await rebuild(tenant, source, signal);
    return count;
  };

  return {
    /** Everything of a tenant anew; returns how many things can be found. */
    all: async (tenant: string, signal?: AbortSignal): Promise<number> =>
      rebuildThese(tenant, await plugins.searchSources(tenant), signal),
    /** Kinds that were never listed. */
    missing: async (tenant: string, signal?: AbortSignal): Promise<number> =>
      rebuildThese(tenant, await sourcesMissing(tenant), signal),
    isMissing: async (tenant: string): Promise<boolean> => (await sourcesMissing(tenant)).length > 0,
  };
}
