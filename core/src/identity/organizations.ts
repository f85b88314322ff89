import type { Pool } from 'pg';
import type { Clock } from '../config/index.ts';

/** A tenant as better-auth needs it: its organisation has the same id, as text. */
interface OrganizationOf {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export interface Organizations {
  /** Makes the organisation of a tenant, or brings its name up to date. Idempotent. */
  ensure(tenant: OrganizationOf): Promise<void>;
  /** Removes the organisation, its members, invitations and keys. */
  remove(tenantId: string): Promise<void>;
  /** Repairs what a crash between two transactions left behind; returns how many organisations were missing. */
  repair(tenants: AsyncIterable<OrganizationOf> | Iterable<OrganizationOf>): Promise<number>;
}

const ENSURE = `insert into auth.organization (id, name, slug, "createdAt") values ($1, $2, $3, $4)
  on conflict (id) do update set name = excluded.name, slug = excluded.slug
  returning xmax = 0 as made`;
const FREE_SLUG = `delete from auth.organization where slug = $2 and id <> $1
  and not exists (select 1 from auth.member where "organizationId" = auth.organization.id)`;
const REMOVE_KEYS = 'delete from auth.apikey where "referenceId" = $1';
const REMOVE = 'delete from auth.organization where id = $1';
const KNOWN = 'select id from auth.organization where id = $1 and slug = $2 and name = $3';

export function createOrganizations({ pool, clock }: { readonly pool: Pool; readonly clock: Clock }): Organizations {
  const ensure = async ({ id, slug, name }: OrganizationOf): Promise<boolean> => {
    // The slug of a tenant that is gone may still stand on an organisation that nobody removed.
    await pool.query(FREE_SLUG, [id, slug]);
    const { rows } = await pool.query<{ made: boolean }>(ENSURE, [id, name, slug, new Date(clock.now())]);
    return rows[0]?.made ?? false;
  };
  return {
    ensure: async (tenant) => void (await ensure(tenant)),
    async remove(tenantId) {
      await pool.query(REMOVE_KEYS, [tenantId]);
      await pool.query(REMOVE, [tenantId]);
    },
    async repair(tenants) {
      let missing = 0;
      for await (const tenant of tenants) {
        const { rowCount } = await pool.query(KNOWN, [tenant.id, tenant.slug, tenant.name]);
        if (!rowCount && (await ensure(tenant))) missing++;
      }
      return missing;
    },
  };
}
