import type { z } from 'zod';
import { PodliftError } from './errors.ts';
import type { Privacy } from './privacy.ts';

/** Values that an index can hold and a query can compare. */
export type Scalar = string | number | bigint | boolean | Date;

type FieldOf<S extends z.ZodObject> = keyof z.output<S> & string;
/** One field, or several together. */
export type IndexFields<F extends string = string> = F | readonly F[];

/** A set of records that the host stores for the plugin: same inline and isolated. `I` are the fields that may be queried. */
export interface CollectionType<S extends z.ZodObject = z.ZodObject, I extends string = string> {
  readonly kind: 'collection';
  readonly schema: S;
  readonly indexes: readonly (readonly I[])[];
  readonly unique: readonly (readonly I[])[];
  readonly privacy: Readonly<Record<string, Privacy>>;
}

type Flat<T> = T extends readonly (infer F)[] ? Flat<F> : T;

/** What a collection declares beside its schema. */
export interface CollectionOptions<
  S extends z.ZodObject,
  X extends readonly IndexFields<FieldOf<S>>[],
  U extends readonly IndexFields<FieldOf<S>>[],
> {
  /** Fields that `find` may filter and sort by, alone or together. */
  readonly indexes?: X;
  /** Fields, or groups of fields, whose value occurs once per tenant. They may be queried too. */
  readonly unique?: U;
  /** What each field says about people; `none` when no field does. */
  readonly privacy: 'none' | { readonly [K in FieldOf<S>]: Privacy };
}

/**
 * Declares a set of records.
 * @example const codes = collection(z.object({ code: z.string(), uses: z.int() }), { unique: ['code'], privacy: 'none' });
 */
export function collection<
  S extends z.ZodObject,
  const X extends readonly IndexFields<FieldOf<S>>[] = readonly [],
  const U extends readonly IndexFields<FieldOf<S>>[] = readonly [],
>(schema: S, options: CollectionOptions<S, X, U>): CollectionType<S, Extract<Flat<X | U>, string>> {
  type Indexed = Extract<Flat<X | U>, string>;
  const fields = Object.keys(schema.shape);
  const groups = (given: readonly IndexFields[] = []): readonly (readonly Indexed[])[] =>
    // The fields were checked against the schema by the types, and are again below for callers without types.
    given.map((one) => (typeof one === 'string' ? [one] : one) as readonly Indexed[]);
  const { privacy } = options;
  const privacyOf = privacy === 'none' ? Object.fromEntries(fields.map((field) => [field, 'none' as const])) : privacy;
  const made = {
    kind: 'collection',
    schema,
    indexes: groups(options.indexes),
    unique: groups(options.unique),
    privacy: privacyOf,
  } as const;
  const unknown = [...made.indexes, ...made.unique].flat().find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw PodliftError.invalidContract('a collection', `indexes ${unknown}, which its schema does not have`);
  return made;
}

/** One record as it is stored. */
export interface Item<S extends z.ZodObject> {
  readonly id: string;
  /** Counts the changes; name it in a write to be refused when somebody else was faster. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly value: z.output<S>;
}

/** Greater or less than; both ends together are a range. */
export interface Range<V> {
  readonly gt?: V;
  readonly gte?: V;
  readonly lt?: V;
  readonly lte?: V;
}

/** What one field must be: equal to a value, one of several, or in a range. `null` finds records without the field. */
export type Condition<V> = V | { readonly in: readonly V[] } | Range<V>;

type Comparable<T> = Extract<T, Scalar> | (null extends T ? null : undefined extends T ? null : never);

/** Conditions on indexed fields; all must hold. */
export type Where<S extends z.ZodObject, I extends string> = {
  readonly [K in I]?: K extends keyof z.output<S> ? Condition<Comparable<z.output<S>[K]>> : never;
};

/** Which records, in which order, from where. */
export interface Find<S extends z.ZodObject = z.ZodObject, I extends string = string> {
  readonly where?: Where<S, I>;
  /** By creation, oldest first, when absent. */
  readonly orderBy?: { readonly field: I | 'createdAt' | 'updatedAt'; readonly direction?: 'asc' | 'desc' };
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most this many records; 100 when absent, 1000 at most. */
  readonly limit?: number;
}

/** A page of records; without `next` it is the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** The version that the writer has seen; another one is refused with `conflict` when the call commits. */
export interface Seen {
  readonly version?: number;
}

/** One write of a batch. */
export type Write<S extends z.ZodObject = z.ZodObject> =
  | { readonly op: 'insert'; readonly value: z.input<S>; readonly id?: string }
  | ({ readonly op: 'upsert'; readonly id: string; readonly value: z.input<S> } & Seen)
  | ({ readonly op: 'update'; readonly id: string; readonly patch: Partial<z.input<S>> } & Seen)
  | ({ readonly op: 'delete'; readonly id: string } & Seen);

/**
 * A collection as a handler uses it. Reads see the state before the call; writes are kept by the host and committed
 * together when the handler returns, so that a conflict (a taken unique value, another version) is the call's error.
 */
export interface Collection<S extends z.ZodObject = z.ZodObject, I extends string = string> {
  get(id: string): Promise<Item<S> | undefined>;
  find(query?: Find<S, I>): Promise<Page<Item<S>>>;
  /** Returns the new record's id, a UUIDv7 unless you give one. */
  insert(value: z.input<S>, options?: { readonly id?: string }): Promise<string>;
  /** Writes the record whole, whether or not it is there. */
  upsert(id: string, value: z.input<S>, options?: Seen): Promise<void>;
  /** Changes the given fields. A record that is not there is `not_found` when the call commits. */
  update(id: string, patch: Partial<z.input<S>>, options?: Seen): Promise<void>;
  /** Deletes the record if it is there. */
  delete(id: string, options?: Seen): Promise<void>;
  /** Many writes in one request, applied in order. Returns the id of each. */
  batch(writes: readonly Write<S>[]): Promise<readonly string[]>;
}
