import type { Database } from '../../data/index.ts';
import { closedFor, type Consented } from '../tenants/consent.ts';
import { grantKey } from '../tenants/facts.ts';

/** Tenants are read in pages of this size. */
const PAGE = 2000;

const ACTIVE = `
select id from core.tenants where status = 'active' and id > $1 order by id limit ${PAGE}`;

const DECISIONS = `
select w.tenant, p.enabled, g.capability, g.granted from unnest($1::uuid[]) w(tenant)
left join core.plugin_tenant p on p.tenant_id = w.tenant and p.plugin = $2
left join core.plugin_grant g on g.tenant_id = w.tenant and g.plugin = $2
where p.enabled is not null or g.granted is not null`;

interface DecisionRow {
  readonly tenant: string;
  readonly enabled: boolean | null;
  readonly capability: string | null;
  readonly granted: boolean | null;
}

const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * The active tenants for which a plugin answers, those among them that are wanted. Decisions of a whole page are read by one
 * query, and only of tenants that are wanted: most have made none.
 */
export async function* openTenants(
  database: Pick<Database, 'pool'>,
  plugin: Consented,
  wanted: (tenant: string) => boolean = () => true,
): AsyncGenerator<string> {
  const pool = database.pool('system');
  for (let after = NIL; ;) {
    const { rows: page } = await pool.query<{ id: string }>(ACTIVE, [after]);
    const ids = page.map(({ id }) => id).filter(wanted);
    if (ids.length > 0) {
      const { rows } = await pool.query<DecisionRow>(DECISIONS, [ids, plugin.id]);
      const decided = Map.groupBy(rows, ({ tenant }) => tenant);
      for (const id of ids) if (!closedFor(plugin, factsOf(plugin.id, decided.get(id) ?? []))) yield id;
    }
    const last = page.at(-1);
    if (page.length < PAGE || !last) return;
    after = last.id;
  }
}

function factsOf(plugin: string, rows: readonly DecisionRow[]) {
  const enabled = rows.find((row) => row.enabled !== null)?.enabled ?? undefined;
  return {
    enabled: new Map(enabled === undefined ? [] : [[plugin, enabled]]),
    grants: new Map(
      rows.flatMap(({ capability, granted }) =>
        capability !== null && granted !== null ? [[grantKey(plugin, capability), granted] as const] : [],
      ),
    ),
  };
}
