import type { Identifier } from '@podlift/sdk';
import type { Database } from '../../data/index.ts';
import { quote } from '../catalog/tables.ts';
import { PortabilityError } from '../errors.ts';
import { useTenant } from '../transfer/insert.ts';
import { createIdentifierSet } from './identifiers.ts';
import { aboutPerson, ANY, QUALIFIED, type Party } from './places.ts';

/** More would not be one person, or one household. */
export const MOST_IDENTIFIERS = 20_000;

export interface ResolveDeps {
  readonly database: Database;
  /** Further names, by the word of plugins. */
  readonly nameSubject: (tenant: string, identifiers: readonly Identifier[]) => Promise<Identifier[]>;
}

/**
 * All names of a person that can be found from some of them: plugins say theirs, and rows that bear one name lead to others.
 * What is only kept about somebody, such as who changed a setting, leads nowhere: it stands beside what others did.
 */
export async function resolveSubject(
  { database, nameSubject }: ResolveDeps,
  tenant: string,
  parties: readonly Party[],
  given: readonly Identifier[],
): Promise<Identifier[]> {
  const set = createIdentifierSet();
  const linking = parties.filter(({ names }) => names.filter(leads).length > 1);
  let fresh = set.add(given);
  while (fresh.length > 0) {
    const found = await nameSubject(tenant, fresh);
    const next = await database.owner(async (tx) => {
      await useTenant(tx, tenant);
      const linked: Identifier[] = [];
      for (const party of linking) {
        const names = party.names.filter(leads);
        const about = aboutPerson({ ...party, names }, fresh, 2);
        if (!about) continue;
        for (const { sql, identifies = '' } of names) {
          const rows = await tx.query<{ value: string }>(
            `select distinct ${sql}::text as value from ${party.table.from} where ${whose(party)} and ${about.sql} and ${sql} is not null limit ${MOST_IDENTIFIERS + 1}`,
            [tenant, ...about.values],
          );
          linked.push(
            ...rows.map(({ value }) => (identifies === QUALIFIED ? unqualify(value) : { kind: identifies, value })),
          );
        }
      }
      return linked;
    });
    fresh = set.add([...found, ...next]);
    if (set.size > MOST_IDENTIFIERS) throw PortabilityError.tooMany(MOST_IDENTIFIERS);
  }
  return set.list();
}

/** `user:17` as an identifier. */
function unqualify(text: string): Identifier {
  const at = text.indexOf(':');
  return { kind: text.slice(0, Math.max(at, 0)), value: text.slice(at + 1) };
}

const leads = ({ erasure, identifies }: { readonly erasure: string; readonly identifies?: string }): boolean =>
  erasure !== 'keep' && identifies !== ANY;

/** Whose rows: a tenant's, or, in tables of the installation, everybody's. The tenant is always the first parameter. */
export const whose = ({ table }: Pick<Party, 'table'>): string =>
  table.tenantColumn === ''
    ? '$1::text is not null'
    : `${quote(table.tenantColumn)} = $1${table.tenantColumn === 'tenant_id' ? '::uuid' : ''}`;
