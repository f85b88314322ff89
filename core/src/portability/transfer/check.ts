import type { Queryable } from '../../data/index.ts';
import { nameOf, type Table } from '../catalog/tables.ts';
import type { InstalledPlugin } from './deps.ts';
import type { ArchiveManifest } from './manifest.ts';

const LEDGER = 'select owner, name, checksum from core.migration';
const SAME = 'select slug from core.tenants where id = $1';
const SLUG = 'select id from core.tenants where slug = $1';
const PLAN = 'select 1 from core.plan where id = $1';
const DOMAINS = 'select 1 from core.tenant_domain where domain = any($1) and tenant_id <> $2';

/** Why a tenant cannot live here; empty when it can. */
export async function findObstacles(
  tx: Queryable,
  manifest: ArchiveManifest,
  slug: string,
  tables: readonly Table[],
  installed: readonly InstalledPlugin[],
): Promise<string[]> {
  const { tenant } = manifest;
  const reasons: string[] = [...missingPlugins(manifest, installed), ...(await missingMigrations(tx, manifest))];
  const [same] = await tx.query<{ slug: string }>(SAME, [tenant['id']]);
  if (same) reasons.push(`a tenant with the id ${tenant['id']} lives here already, as "${same.slug}"`);
  const [named] = await tx.query<{ id: string }>(SLUG, [slug]);
  if (named && named.id !== tenant['id']) reasons.push(`the address "${slug}" is taken; give another one with --as`);
  if ((await tx.query(PLAN, [tenant['plan']])).length === 0) reasons.push(`there is no plan "${tenant['plan']}" here`);
  const here = new Map(tables.map((table) => [nameOf(table), table]));
  for (const entry of manifest.tables) {
    if (entry.rows === 0) continue;
    const table = here.get(nameOf(entry));
    if (!table) reasons.push(`there is no table ${nameOf(entry)} here`);
    const known = new Set(table?.columns.map(({ name }) => name));
    for (const column of table ? entry.columns.filter((one) => !known.has(one)) : [])
      reasons.push(`the table ${nameOf(entry)} has no column ${column} here`);
  }
  return reasons;
}

/** A domain reaches one tenant of an installation. */
export const isDomainTaken = async (tx: Queryable, domains: readonly string[], tenant: string): Promise<boolean> =>
  (await tx.query(DOMAINS, [domains, tenant])).length > 0;

function missingPlugins({ plugins }: ArchiveManifest, installed: readonly InstalledPlugin[]): string[] {
  const here = new Map(installed.map(({ id, version }) => [id, version]));
  return plugins.flatMap(({ id, version }) => {
    const found = here.get(id);
    if (found === undefined) return [`the plugin ${id} ${version} is not installed`];
    return isOlder(found, version) ? [`the plugin ${id} is ${found} here and was ${version} there: upgrade it`] : [];
  });
}

async function missingMigrations(tx: Queryable, { ledger, plugins }: ArchiveManifest): Promise<string[]> {
  const rows = await tx.query<{ owner: string; name: string; checksum: string }>(LEDGER);
  const here = new Map(rows.map(({ owner, name, checksum }) => [`${owner}\n${name}`, checksum]));
  const wanted = new Set(['core', 'auth', ...plugins.map(({ id }) => id)]);
  return Object.entries(ledger).flatMap(([owner, migrations]) => {
    if (!wanted.has(owner)) return [];
    const missing = Object.entries(migrations).filter(([name, checksum]) => here.get(`${owner}\n${name}`) !== checksum);
    const names = missing.map(([name]) => name);
    if (names.length === 0) return [];
    const told = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
    return [`the schema of ${owner} is older here, or another one: it lacks ${told}`];
  });
}

/** Semantic versions, as far as the three numbers go. */
export function isOlder(here: string, there: string): boolean {
  const numbers = (version: string): number[] => version.split(/[-+]/)[0]?.split('.').map(Number) ?? [];
  const [a, b] = [numbers(here), numbers(there)];
  const at = [0, 1, 2].find((one) => (a[one] ?? 0) !== (b[one] ?? 0));
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0);
}
