import { nameOf, quote, type Table } from '../catalog/tables.ts';
import type { Party, PersonalPlace } from '../subject/places.ts';

/** What is due in one table when a time has passed. */
export interface RetentionRule {
  readonly table: Table;
  readonly days: number;
  readonly act: 'delete' | 'clear';
  /** Cleared: what, for each. */
  readonly places: readonly PersonalPlace[];
  /** The column that says when a row began. */
  readonly since: string;
  /** It is a UUIDv7, which has the time in it. */
  readonly sinceId: boolean;
}

/** Tables whose rooms remove what is past its time themselves. */
const OWN_CARE: ReadonlySet<string> = new Set([
  'core.event',
  'core.dead_letter',
  'core.job',
  'core.idempotency',
  'core.file',
  'core.file_upload',
]);

const CREATION = ['created_at', 'requested_at', 'started_at', 'time', 'at', 'seen'];

export interface RetentionPlan {
  readonly rules: readonly RetentionRule[];
  /** Tables that promise an end and do not say from when it counts. */
  readonly unknown: readonly string[];
}

/** Reads off the declarations what has to go when. */
export function planRetention(parties: readonly Party[]): RetentionPlan {
  const rules: RetentionRule[] = [];
  const unknown: string[] = [];
  for (const [table, own] of Map.groupBy(parties, ({ table: one }) => one)) {
    if (OWN_CARE.has(nameOf(table)) || nameOf(table).startsWith('core.notif')) continue;
    const due = own.flatMap(({ places }) => places.filter(({ retentionDays }) => retentionDays !== undefined));
    const whole = due.filter(({ erasure }) => erasure !== 'clear');
    const first = whole.toSorted((a, b) => (a.retentionDays ?? 0) - (b.retentionDays ?? 0))[0];
    const add = (place: PersonalPlace, act: RetentionRule['act'], places: readonly PersonalPlace[]): void => {
      const since = sinceOf(table, place);
      if (since === undefined) unknown.push(nameOf(table));
      else rules.push({ table, days: place.retentionDays ?? 0, act, places, ...since });
    };
    if (first) add(first, 'delete', []);
    const cleared = Map.groupBy(
      due.filter(({ erasure }) => erasure === 'clear'),
      ({ retentionDays, since }) => `${retentionDays} ${since ?? ''}`,
    );
    for (const places of cleared.values()) if (places[0]) add(places[0], 'clear', places);
  }
  return { rules, unknown: [...new Set(unknown)] };
}

function sinceOf(
  { columns, primaryKey }: Table,
  { since }: PersonalPlace,
): Pick<RetentionRule, 'since' | 'sinceId'> | undefined {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const id = types.get('id') === 'uuid' && primaryKey.includes('id') ? 'id' : undefined;
  const column = since ?? id ?? CREATION.find((name) => types.has(name));
  if (column === undefined || !types.has(column)) return undefined;
  return { since: quote(column), sinceId: types.get(column) === 'uuid' };
}
