import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { sqlType, type FieldKind } from './fields.ts';
import type { CollectionLayout } from './layout.ts';

const Scalar = z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.date()]);
const Condition = z.union([
  Scalar,
  z.null(),
  z.strictObject({ in: z.array(Scalar).max(1000) }),
  z.strictObject({
    gt: Scalar.optional(),
    gte: Scalar.optional(),
    lt: Scalar.optional(),
    lte: Scalar.optional(),
  }),
]);

/** What `find` may ask for. It comes from a plugin, so it is parsed. */
export const FindQuery = z.strictObject({
  where: z.record(z.string(), Condition).optional(),
  orderBy: z.strictObject({ field: z.string(), direction: z.enum(['asc', 'desc']).optional() }).optional(),
  after: z.string().max(2000).optional(),
  limit: z.int().min(1).max(1000).default(100),
});
export type FindQuery = z.output<typeof FindQuery>;
type Condition = z.output<typeof Condition>;
type Scalar = z.output<typeof Scalar>;

interface OrderColumn {
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** A page's query. It asks for one row more than the limit, which tells whether there is a next page. */
export interface BuiltQuery {
  readonly sql: string;
  readonly values: readonly unknown[];
}

const RANGE = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** Builds the SQL of one `find`. `$1` is the tenant. */
export function buildFind(layout: CollectionLayout, query: FindQuery, tenant: string): BuiltQuery {
  const values: unknown[] = [tenant];
  const bind = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const conditions = Object.entries(query.where ?? {}).flatMap(([name, condition]) => {
    const field = layout.fields.get(name);
    if (!field) throw notIndexed(layout.collection, name, 'filter by');
    return toSql(
      field.column,
      condition,
      (value) => bind(toColumn(value, field.kind, name), sqlType(field.kind)),
      (list) =>
        bind(
          list.map((value) => toColumn(value, field.kind, name)),
          `${sqlType(field.kind)}[]`,
        ),
    );
  });
  const order = orderColumn(layout, query);
  const down = query.orderBy?.direction === 'desc';
  const direction = down ? 'desc' : 'asc';
  if (query.after !== undefined) {
    const { at, id } = readCursor(query.after, layout.collection);
    const place = at === null ? null : bind(at, order.type);
    conditions.push(afterPlace(order, down, place, bind(id, 'text')));
  }
  const where = ['tenant_id = $1', ...conditions].join(' and ');
  const sql = `select id, value, version, created_at, updated_at, ${order.column}::text as at from ${layout.from} where ${where} order by ${order.column} ${direction}, id ${direction} limit ${query.limit + 1}`;
  return { sql, values };
}

function toSql(
  column: string,
  condition: Condition,
  one: (value: Scalar) => string,
  many: (values: readonly Scalar[]) => string,
): string[] {
  if (condition === null) return [`${column} is null`];
  if (typeof condition !== 'object' || condition instanceof Date) return [`${column} = ${one(condition)}`];
  if ('in' in condition) return [`${column} = any(${many(condition.in)})`];
  return (['gt', 'gte', 'lt', 'lte'] as const).flatMap((end) => {
    const value = condition[end];
    return value === undefined ? [] : [`${column} ${RANGE[end]} ${one(value)}`];
  });
}

/** The rows after a place, in the order of the index: records without the field come last, or first when descending. */
function afterPlace({ column, nullable }: OrderColumn, down: boolean, place: string | null, id: string): string {
  if (down) return place === null ? `(${column} is not null or id < ${id})` : `(${column}, id) < (${place}, ${id})`;
  if (place === null) return `(${column} is null and id > ${id})`;
  return `((${column}, id) > (${place}, ${id})${nullable ? ` or ${column} is null` : ''})`;
}

function orderColumn(layout: CollectionLayout, { orderBy }: FindQuery): OrderColumn {
  if (!orderBy || orderBy.field === 'createdAt') return { column: 'created_at', type: 'timestamptz', nullable: false };
  if (orderBy.field === 'updatedAt') return { column: 'updated_at', type: 'timestamptz', nullable: false };
  const field = layout.fields.get(orderBy.field);
  if (!field) throw notIndexed(layout.collection, orderBy.field, 'sort by');
  return { column: field.column, type: sqlType(field.kind), nullable: true };
}

/** A value as its promoted column holds it. */
function toColumn(value: Scalar, kind: FieldKind, field: string): unknown {
  const fits =
    kind === 'date'
      ? value instanceof Date
      : kind === 'text'
        ? typeof value === 'string'
        : kind === 'boolean'
          ? typeof value === 'boolean'
          : typeof value === 'number' || typeof value === 'bigint';
  if (!fits || (kind === 'integer' && typeof value === 'number' && !Number.isInteger(value)))
    throw PodliftError.invalidInput(`the condition on ${field}`, [
      { path: ['where', field], message: `expected a ${kind}` },
    ]);
  if (value instanceof Date) return value.getTime();
  return typeof value === 'bigint' ? value.toString() : value;
}

const Cursor = z.tuple([z.string().nullable(), z.string()]);

/** The place after a row, as an opaque text. */
export const writeCursor = (at: string | null, id: string): string =>
  Buffer.from(JSON.stringify([at, id])).toString('base64url');

function readCursor(text: string, collection: string): { readonly at: string | null; readonly id: string } {
  try {
    const [at, id] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { at, id };
  } catch {
    throw PodliftError.invalidInput(`the cursor of ${collection}`, [
      { path: ['after'], message: 'is not a cursor of this list' },
    ]);
  }
}

const notIndexed = (collection: string, field: string, what: string): PodliftError =>
  PodliftError.invalidInput(`the query on ${collection}`, [
    { path: ['where', field], message: `cannot ${what} ${field}, which is not declared under indexes or unique` },
  ]);
