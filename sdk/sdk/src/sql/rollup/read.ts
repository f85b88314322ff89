import { PodliftError } from '../../errors.ts';
import { NOTHING, type DimensionType, type RollupOptions } from './definition.ts';

/** What to read of a roll-up. */
export interface RollupQuery<D extends string = string> {
  /** First instant, inclusive. */
  readonly from: Date;
  /** Last instant, exclusive. */
  readonly to: Date;
  /** One row for each of these, or one for the whole range. */
  readonly by: 'quarter' | 'hour' | 'day' | 'week' | 'month' | 'total';
  /** Whose hours, days, weeks and months: an IANA name. `UTC` when absent. */
  readonly zone?: string;
  /** Splits by these; by none when absent. */
  readonly dimensions?: readonly D[];
  /** Only rows with one of these values; null is a value. */
  readonly where?: Readonly<Partial<Record<D, readonly (string | null)[]>>>;
}

const DAY = 86_400_000;

/** The statement of a query and its values. `$1` is the tenant. */
export function readStatement(
  { name, dimensions, measures }: RollupOptions,
  tenant: string,
  query: RollupQuery,
): { readonly sql: string; readonly values: readonly unknown[] } {
  const { from, to, by, zone = 'UTC', dimensions: split = [], where = {} } = query;
  const typeOf = (column: string): DimensionType => {
    const type = dimensions[column];
    if (!type || !Object.hasOwn(dimensions, column))
      throw PodliftError.invalidContract(`rollup ${name}`, `has no dimension "${column}"`);
    return type;
  };
  const whole = isMidnight(from) && isMidnight(to);
  const daily = whole && zone === 'UTC' && by !== 'quarter' && by !== 'hour';
  const values: unknown[] = [tenant, from, to];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  // A day of UTC is a date; as an instant it begins at midnight there.
  const at = daily ? `(at::timestamp at time zone 'UTC')` : 'at';
  const bucket =
    by === 'total' ? 'null::timestamptz' : by === 'quarter' ? at : `date_trunc('${by}', ${at}, ${bind(zone)})`;
  const conditions = Object.entries(where).flatMap(([column, allowed]) =>
    allowed
      ? [`${column} = any(${bind(allowed.map((value) => value ?? NOTHING[typeOf(column)]))}::${typeOf(column)}[])`]
      : [],
  );
  const shown = split.map((column) => `nullif(${column}, '${NOTHING[typeOf(column)]}') as ${column}`);
  const groups = [...(by === 'total' ? [] : ['1']), ...split.map((_, index) => String(index + 2))];
  const range = daily
    ? `at >= ($2::timestamptz at time zone 'UTC')::date and at < ($3::timestamptz at time zone 'UTC')::date`
    : `at >= $2 and at < $3`;
  return {
    sql: `select ${[`${bucket} as at`, ...shown, ...Object.keys(measures).map((one) => `sum(${one})::bigint as ${one}`)].join(', ')}
      from ${name}_${daily ? 'day' : 'quarter'} where ${['tenant_id = $1', range, ...conditions].join(' and ')}
      ${groups.length > 0 ? `group by ${groups.join(', ')} order by ${groups.join(', ')}` : 'having count(*) > 0'}`,
    values,
  };
}

const isMidnight = (at: Date): boolean => at.getTime() % DAY === 0;
