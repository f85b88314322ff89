import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { requestJob, type Jobs } from '../jobs/index.ts';
import type { Log } from '../telemetry/index.ts';
import { createRebuild, type Findable } from './rebuild.ts';
import { termsOf } from './normalize.ts';

/** What somebody looks for. */
export interface SearchQuery {
  readonly question: string;
  /** `<plugin>/<kind>`: only these. */
  readonly kinds: readonly string[];
  readonly limit: number;
}

/** Something that was found; the best come first. */
export interface FoundEntry {
  readonly plugin: string;
  readonly kind: string;
  readonly id: string;
  readonly title: string;
}

/** A kind of thing that can be found, as its plugin declares it. */
export interface FindableKind {
  readonly plugin: string;
  readonly kind: string;
  readonly title: (languages: readonly string[]) => string;
  readonly permission: string;
  /** With `{id}` where the thing's id goes. */
  readonly page: string;
}

/** What the search asks of plugins. */
export interface SearchPlugins extends Findable {
  findableKinds(tenant: string): Promise<readonly FindableKind[]>;
}

/** Looks for things of one tenant, and fills itself from what plugins have. */
export interface SearchRoom {
  /** Lets this process do the jobs that list things anew. */
  start(): Promise<void>;
  kinds(tenant: string): Promise<readonly FindableKind[]>;
  find(tenant: string, query: SearchQuery): Promise<readonly FoundEntry[]>;
  /** Asks for a job that lists everything anew; returns its id. */
  requestRebuild(tenant: string): Promise<string>;
  /** Lists everything anew, now; returns how many things can be found. */
  rebuild(tenant: string, signal?: AbortSignal): Promise<number>;
}

const REBUILD = 'core/search-rebuild';

/** Makes the search over what plugins tell of. */
export function createSearchRoom({
  database,
  clock,
  jobs,
  plugins,
  log,
}: {
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  readonly jobs: Pick<Jobs, 'define'>;
  readonly plugins: SearchPlugins;
  readonly log: Log;
}): SearchRoom {
  const rebuild = createRebuild({ database, clock, plugins });
  /** Tenants whose missing kinds were asked for by this process. */
  const looked = new Set<string>();
  const request = (tenant: string, all: boolean): Promise<string> =>
    database.withTenant({ tenant }, (tx) =>
      requestJob(tx, { name: REBUILD, data: { all }, queue: 'bulk', key: `search-${all}` }, clock.now()),
    );
  /** A plugin that is new, or newer than the search, has things that nobody told of. */
  const lookOnce = (tenant: string): void => {
    if (looked.has(tenant)) return;
    looked.add(tenant);
    rebuild
      .isMissing(tenant)
      .then((missing) => (missing ? request(tenant, false) : undefined))
      .catch((error: unknown) => {
        looked.delete(tenant);
        log.warn({ err: error }, 'whether the search is complete could not be found out');
      });
  };
  return {
    start: () =>
      jobs.define({
        name: REBUILD,
        queue: 'bulk',
        timeoutMs: 30 * 60_000,
        run: async (data, { tenant, signal }) => {
          const all = Object(data).all === true;
          return { found: await (all ? rebuild.all(tenant, signal) : rebuild.missing(tenant, signal)) };
        },
      }),
    kinds: (tenant) => plugins.findableKinds(tenant),
    async find(tenant, { question, kinds, limit }) {
      lookOnce(tenant);
      const terms = termsOf(question);
      if (terms.length === 0 || kinds.length === 0) return [];
      return database.withTenant({ tenant }, (tx) =>
        tx.query<FoundEntry & Record<string, unknown>>(
          'select plugin, kind, id, title from core.find_entries($1, $2, $3)',
          [terms, kinds, limit],
        ),
      );
    },
    requestRebuild: (tenant) => request(tenant, true),
    rebuild: (tenant, signal) => rebuild.all(tenant, signal),
  };
}
