import { NOTHING, type Measure, type RollupOptions } from './definition.ts';

/** The statements of one roll-up. In all of them `$1` is the tenant. */
export interface RollupStatements {
  /** Marks the hours from `$2` to `$3`, both inclusive. */
  readonly mark: string;
  /** The row that whoever refreshes holds, so that there is one at a time. */
  readonly ensureLock: string;
  readonly lock: string;
  /** Takes at most `$2` marked hours, the latest first. */
  readonly take: string;
  readonly pending: string;
  /** Quarters and days from `$2` up to `$3`, exclusive; rows of the source by `$4` and `$5`. */
  readonly dropQuarters: string;
  readonly addQuarters: string;
  readonly dropDays: string;
  readonly addDays: string;
  /** Hours from `$2` to `$3` in which the source or the roll-up has rows; by `$4` and `$5` in the source. */
  readonly markUsed: string;
  /** Where roll-up and source differ, from `$2` up to `$3`; by `$4` and `$5` in the source. */
  readonly compare: string;
}

/** Never a marked hour. */
const LOCK = `'-infinity'`;

/** Writes them. */
export function rollupStatements(options: RollupOptions): RollupStatements {
  const { name, from, time, dimensions, measures } = options;
  const quarter = `${name}_quarter`;
  const day = `${name}_day`;
  const mark = `${name}_mark`;
  const split = Object.keys(dimensions);
  const added = Object.keys(measures);
  const at = 'id' in time ? `uuid_extract_timestamp(${time.id})` : time.column;
  const column = 'id' in time ? time.id : time.column;
  const type = 'id' in time ? 'uuid' : 'timestamptz';
  const inSource = `tenant_id = $1 and ${column} >= $4::${type} and ${column} < $5::${type}`;
  const known = Object.entries(dimensions).map(([one, of]) => `coalesce(${one}, '${NOTHING[of]}')`);
  const list = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');
  const columns = list('tenant_id', 'at', ...split, ...added);
  const groups = Array.from({ length: split.length + 2 }, (_, index) => index + 1).join(', ');
  const computed = `select tenant_id, date_bin('15 minutes', ${at}, 'epoch') as at${known
    .map((expression, index) => `, ${expression} as ${split[index]}`)
    .join('')}${added.map((one) => `, ${measured(measures[one])} as ${one}`).join('')}
    from ${from} where ${inSource} group by ${groups}`;
  const days = `at >= ($2::timestamptz at time zone 'UTC')::date and at < ($3::timestamptz at time zone 'UTC')::date`;
  const keys = ['tenant_id', 'at', ...split];
  return {
    mark: `insert into ${mark} (tenant_id, hour)
      select $1, h from generate_series(date_trunc('hour', $2::timestamptz, 'UTC'), $3::timestamptz, interval '1 hour') as h
      on conflict do nothing`,
    ensureLock: `insert into ${mark} (tenant_id, hour) values ($1, ${LOCK}) on conflict do nothing`,
    lock: `select 1 from ${mark} where tenant_id = $1 and hour = ${LOCK} for update`,
    take: `delete from ${mark} where tenant_id = $1 and hour in (
      select hour from ${mark} where tenant_id = $1 and hour > ${LOCK} order by hour desc limit $2) returning hour`,
    pending: `select count(*)::int as hours, min(hour) as since from ${mark} where tenant_id = $1 and hour > ${LOCK}`,
    dropQuarters: `delete from ${quarter} where tenant_id = $1 and at >= $2 and at < $3`,
    addQuarters: `insert into ${quarter} (${columns}) select ${columns} from (${computed}) computed where at >= $2 and at < $3`,
    dropDays: `delete from ${day} where tenant_id = $1 and ${days}`,
    addDays: `insert into ${day} (${columns})
      select ${list('tenant_id', `(at at time zone 'UTC')::date`, ...split, ...added.map((one) => `sum(${one})::bigint`))}
      from ${quarter} where tenant_id = $1 and at >= $2 and at < $3 group by ${groups}`,
    markUsed: `insert into ${mark} (tenant_id, hour)
      select distinct $1::uuid, date_trunc('hour', at, 'UTC') from (
        select ${at} as at from ${from} where ${inSource}
        union all select at from ${quarter} where tenant_id = $1 and at >= $2 and at < $3) used
      order by 2 on conflict do nothing`,
    compare: `select ${list('at', ...split)}, ${added
      .map((one) => `coalesce(kept.${one}, 0) as kept_${one}, coalesce(raw.${one}, 0) as raw_${one}`)
      .join(', ')}
      from (${computed}) raw full join (select * from ${quarter} where tenant_id = $1 and at >= $2 and at < $3) kept
      using (${keys.join(', ')})
      where ${added.map((one) => `kept.${one} is distinct from raw.${one}`).join(' or ')} order by at limit 1000`,
  };
}

function measured(measure: Measure | undefined): string {
  const only = measure?.where === undefined ? '' : ` filter (where ${measure.where})`;
  return measure?.kind === 'sum' ? `coalesce(sum(${measure.of})${only}, 0)::bigint` : `count(*)${only}`;
}
