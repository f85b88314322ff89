import { lowestUuidv7 } from '@podlift/sdk';
import type { Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import { nameOf, quote } from '../catalog/tables.ts';
import { clearingOf, emptyOf, isHeld } from '../subject/erase.ts';
import { useTenant } from '../transfer/insert.ts';
import type { RetentionRule } from './plan.ts';

/** What was past its time in one table. */
export interface Retired {
  readonly table: string;
  readonly deleted: number;
  readonly cleared: number;
  /** Younger rows refer to some, which therefore stay for now. */
  readonly held?: true;
}

const DAY = 86_400_000;
const BATCH = 1000;
/** Rows of one table in one round; the rest is for tomorrow, so that one tenant's past keeps no worker for ever. */
const MOST = 500_000;

export interface RetentionOptions {
  readonly tenant: string;
  readonly rules: readonly RetentionRule[];
  /** Counts and changes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly step?: (name: string) => Promise<void> | void;
}

/** Deletes and clears what is past its time, in short transactions. Doing it again finds nothing. */
export async function carryOutRetention(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  { tenant, rules, dryRun = false, signal, step = () => undefined }: RetentionOptions,
): Promise<Retired[]> {
  const retired = new Map<string, { deleted: number; cleared: number }>();
  const held = new Set<string>();
  for (const rule of rules) {
    const name = nameOf(rule.table);
    const before = clock.now() - rule.days * DAY;
    const due = dueOf(rule, before);
    const key = rule.table.primaryKey.map(quote).join(', ');
    const chosen = `select ${key} from ${rule.table.from} where tenant_id = $1 and ${due.sql} limit ${BATCH}`;
    const sql =
      rule.act === 'delete'
        ? `delete from ${rule.table.from} where tenant_id = $1 and (${key}) in (${chosen})`
        : `update ${rule.table.from} set ${clearingOf(rule.places)} where tenant_id = $1 and (${key}) in (${chosen})`;
    let total = 0;
    for (let touched = BATCH; touched === BATCH && total < MOST; total += touched) {
      signal?.throwIfAborted();
      touched = await database
        .owner(async (tx) => {
          await useTenant(tx, tenant);
          if (!dryRun) return tx.execute(sql, [tenant, due.value]);
          const counted = await tx.query<{ n: number }>(
            `select count(*)::int as n from ${rule.table.from} where tenant_id = $1 and ${due.sql}`,
            [tenant, due.value],
          );
          return counted[0]?.n ?? 0;
        })
        .catch((error: unknown) => {
          // Younger rows refer to them: they go when those go, and keep nobody else's from going.
          if (!isHeld(error)) throw error;
          held.add(name);
          return 0;
        });
      if (dryRun) {
        total += touched;
        break;
      }
      await step(name);
    }
    if (total === 0) continue;
    const count = retired.get(name) ?? { deleted: 0, cleared: 0 };
    if (rule.act === 'delete') count.deleted += total;
    else count.cleared += total;
    retired.set(name, count);
  }
  for (const table of held) if (!retired.has(table)) retired.set(table, { deleted: 0, cleared: 0 });
  return [...retired].map(([table, count]) => ({ table, ...count, ...(held.has(table) && { held: true as const }) }));
}

function dueOf(
  { since, sinceId, act, places }: RetentionRule,
  before: number,
): { readonly sql: string; readonly value: unknown } {
  // The time in an id is found by the key itself.
  const [past, value] = sinceId
    ? [`${since} < $2::uuid`, lowestUuidv7(before)]
    : [`${since} < $2::timestamptz`, new Date(before)];
  if (act === 'delete') return { sql: past, value };
  const left = places.map((place) => {
    const empty = emptyOf(place);
    const differs = empty === 'null' ? '' : ` and ${place.sql}::text <> (${empty})::text`;
    return `(${place.sql} is not null${differs})`;
  });
  return { sql: `${past} and (${left.join(' or ')})`, value };
}
