import { z } from 'zod';

/** zod's name of a type, and how its JSON schema says that a stored value is a mark and not a plain string. */
const MARKED: Readonly<Record<string, object>> = {
  bigint: { type: 'string', format: 'int64', 'x-podlift': 'bigint' },
  date: { type: 'string', format: 'date-time', 'x-podlift': 'date' },
};

/** The JSON schema of what a caller may give. `x-podlift` marks a `bigint` or a `date`, which cross as such; `column` a typed array. */
export function jsonSchema(type: z.ZodType): object {
  const { $schema: _, ...schema } = z.toJSONSchema(type, {
    unrepresentable: 'any',
    io: 'input',
    // oxlint-disable-next-line no-underscore-dangle -- zod's own name for a type's definition
    override: ({ zodSchema, jsonSchema: made }) => void Object.assign(made, MARKED[zodSchema._zod.def.type]),
  });
  return schema;
}
