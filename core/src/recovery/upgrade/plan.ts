import type pg from 'pg';
import { RecoveryErrors } from '../errors.ts';
import { isNewer } from '../version.ts';

/** Whose migrations this version brings. */
export interface KnownOwner {
  readonly owner: string;
  readonly migrations: readonly string[];
}

/** A version that ran on a database. */
export interface Release {
  readonly version: string;
  /** The oldest version that can work on its data, by its own word. */
  readonly worksWith: string | null;
}

/** What an upgrade would do. */
export interface UpgradePlan {
  /** The newest version that ran on this database; undefined when that was before versions were written down. */
  readonly from: string | undefined;
  readonly to: string;
  /** The server that runs now, and the one that this version brings. */
  readonly postgres: { readonly running: string; readonly brought: string | undefined };
  readonly pending: readonly { readonly owner: string; readonly name: string }[];
}

const LEDGER = 'select owner, name from core.migration';
const RELEASES = 'select version from core.release';

/** Compares the ledger with what this version brings. @throws PodliftError when a newer version made the data. */
export async function planUpgrade(
  client: pg.ClientBase,
  {
    owners,
    version,
    brought,
  }: { readonly owners: readonly KnownOwner[]; readonly version: string; readonly brought?: string },
): Promise<UpgradePlan> {
  const ledger = await readIfThere<{ owner: string; name: string }>(client, 'core.migration', LEDGER);
  const releases = (await readIfThere<{ version: string }>(client, 'core.release', RELEASES)).map((one) => one.version);
  const from = releases.reduce<string | undefined>(
    (newest, one) => (newest && !isNewer(one, newest) ? newest : one),
    undefined,
  );
  assertKnown(ledger, owners, { from, version });
  const applied = new Set(ledger.map(({ owner, name }) => `${owner} ${name}`));
  const { rows } = await client.query<{ version: string }>(
    `select split_part(current_setting('server_version'), ' ', 1) as version`,
  );
  return {
    from,
    to: version,
    postgres: { running: rows[0]?.version ?? '', brought },
    pending: owners.flatMap(({ owner, migrations }) =>
      migrations.filter((name) => !applied.has(`${owner} ${name}`)).map((name) => ({ owner, name })),
    ),
  };
}

/**
 * The host's own schemas must be known to it; plugins may come and go. What is not known is borne when every newer version that ran here
 * says that this one can work on its data: a node of the old version restarts while others are upgraded.
 */
export function assertKnown(
  ledger: readonly { readonly owner: string; readonly name: string }[],
  owners: readonly KnownOwner[],
  {
    from,
    version,
    releases = [],
  }: { readonly from: string | undefined; readonly version: string; readonly releases?: readonly Release[] },
): void {
  const host = new Map(
    owners.filter(({ owner }) => HOST.has(owner)).map(({ owner, migrations }) => [owner, new Set(migrations)]),
  );
  const unknown = ledger.filter(
    ({ owner, name }) => host.get(owner)?.has(name) === false && !name.startsWith('reads:'),
  );
  const newer = releases.filter((one) => isNewer(one.version, version));
  const borne = newer.length > 0 && newer.every(({ worksWith }) => worksWith !== null && !isNewer(worksWith, version));
  if (unknown.length > 0 && !borne)
    throw RecoveryErrors.dataNewer(
      from,
      version,
      unknown.map(({ name }) => name),
    );
}

const HOST = new Set(['core', 'auth']);

async function readIfThere<T extends object>(client: pg.ClientBase, table: string, sql: string): Promise<T[]> {
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  return rows[0]?.there ? (await client.query<T & pg.QueryResultRow>(sql)).rows : [];
}
