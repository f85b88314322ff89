import type { z } from 'zod';
import type { Collection, CollectionType, Find, Item, Page, Seen, Write } from '../../collection.ts';
import { PodliftError, type InvalidField } from '../../errors.ts';
import { uuidv7 } from '../../uuidv7.ts';
import type { Call } from '../call.ts';
import { invalidFields, parsed } from '../parse.ts';

/** A write as the host gets it: parsed, and with its id. */
export type PlainWrite =
  | { readonly op: 'insert'; readonly id: string; readonly value: unknown }
  | ({ readonly op: 'upsert'; readonly id: string; readonly value: unknown } & Seen)
  | ({ readonly op: 'update'; readonly id: string; readonly patch: unknown } & Seen)
  | ({ readonly op: 'delete'; readonly id: string } & Seen);

/** A collection in the context of one call. */
export function openCollection(call: Call, name: string, type: CollectionType): Collection {
  const { schema } = type;
  const read = (item: Item<z.ZodObject>): Item<z.ZodObject> => ({
    ...item,
    value: parsed(schema, item.value, `${name}/${item.id} as it is stored`),
  });
  const write = async (...writes: PlainWrite[]): Promise<void> => {
    await call.ask('collection.write', { name, writes });
  };
  const plain = (given: Write): PlainWrite => plainWrite(schema, name, given);
  return {
    async get(id) {
      const found = await call.ask('collection.get', { name, id });
      // The host's own answer: an item, or null.
      return found === null || found === undefined ? undefined : read(found as Item<z.ZodObject>);
    },
    async find(query: Find = {}) {
      const page = (await call.ask('collection.find', { name, ...query })) as Page<Item<z.ZodObject>>;
      return { ...page, items: page.items.map(read) };
    },
    async insert(value, options) {
      const made = plain({ op: 'insert', value, ...options });
      await write(made);
      return made.id;
    },
    upsert: (id, value, options) => write(plain({ op: 'upsert', id, value, ...options })),
    update: (id, patch, options) => write(plain({ op: 'update', id, patch, ...options })),
    delete: (id, options) => write(plain({ op: 'delete', id, ...options })),
    async batch(writes) {
      const made = writes.map(plain);
      if (made.length > 0) await write(...made);
      return made.map(({ id }) => id);
    },
  };
}

function plainWrite(schema: z.ZodObject, name: string, given: Write): PlainWrite {
  if (given.op === 'delete') return given;
  if (given.op === 'update') return { ...given, patch: parsePatch(schema, given.patch, `${name}/${given.id}`) };
  const id = given.id ?? uuidv7();
  return { ...given, id, value: parsed(schema, given.value, `${name}/${id}`) };
}

/** Parses the fields that are given and no others: `partial()` would fill in defaults and overwrite what is stored. */
function parsePatch(
  schema: z.ZodObject,
  patch: Readonly<Record<string, unknown>>,
  what: string,
): Record<string, unknown> {
  const wrong: InvalidField[] = [];
  const right: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const type: z.ZodType | undefined = Object.hasOwn(schema.shape, field) ? schema.shape[field] : undefined;
    const result = type?.safeParse(value);
    if (result?.success) right[field] = result.data;
    else if (result) wrong.push(...invalidFields(result.error).map((one) => ({ ...one, path: [field, ...one.path] })));
    else wrong.push({ path: [field], message: 'there is no such field' });
  }
  if (wrong.length > 0) throw PodliftError.invalidInput(what, wrong);
  return right;
}
