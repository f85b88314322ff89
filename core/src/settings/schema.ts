import { z } from 'zod';
import { SettingsError } from './errors.ts';

/** What settings may be: a zod schema, or a JSON schema as plugin.json holds it. */
export type SettingsSchema = z.ZodType | Readonly<Record<string, unknown>>;

/** A schema ready to be used, and the fields that it names; undefined when it lets any field pass. */
export interface SettingsShape {
  readonly schema: z.ZodType;
  readonly fields: ReadonlySet<string> | undefined;
}

const isZod = (schema: SettingsSchema): schema is z.ZodType => schema instanceof z.ZodType;

/** One shape for both kinds, so that what is checked does not depend on where the schema came from. */
export function toShape(schema: SettingsSchema): SettingsShape {
  if (isZod(schema)) return { schema, fields: schema instanceof z.ZodObject ? fieldsOfObject(schema) : undefined };
  const { properties, additionalProperties = false } = schema;
  const closed = isRecord(properties) && additionalProperties === false;
  // A JSON schema is read by zod, which refuses what it does not understand when the plugin is registered.
  return { schema: z.fromJSONSchema(schema), fields: closed ? new Set(Object.keys(properties)) : undefined };
}

function fieldsOfObject({ shape, def: { catchall } }: z.ZodObject): ReadonlySet<string> | undefined {
  const open = catchall !== undefined && !(catchall instanceof z.ZodNever);
  return open ? undefined : new Set(Object.keys(shape));
}

/** Settings as they are given, with their defaults, or an error that names every wrong field: also one that nobody knows, which is a slip. */
export function parseSettings(
  owner: string,
  { schema, fields }: SettingsShape,
  value: unknown,
): Record<string, unknown> {
  const parsed = schema.safeParse(value);
  const unknown = fields && isRecord(value) ? Object.keys(value).filter((name) => !fields.has(name)) : [];
  if (parsed.success && isRecord(parsed.data) && unknown.length === 0) return parsed.data;
  const issues = parsed.success ? [] : parsed.error.issues;
  const errors = issues.flatMap(fieldsOf);
  for (const name of unknown)
    if (!errors.some(({ path }) => path.length === 1 && path[0] === name))
      errors.push({ path: [name], message: UNKNOWN });
  throw SettingsError.invalid(owner, errors.length ? errors : [{ path: [], message: 'Settings are an object.' }]);
}

/** Settings as they were kept. A field that a later version of the plugin no longer has is left out, and no reason to fail. */
export function readSettings(
  owner: string,
  shape: SettingsShape,
  kept: Record<string, unknown>,
): Record<string, unknown> {
  const { fields } = shape;
  if (!fields) return parseSettings(owner, shape, kept);
  return parseSettings(owner, shape, Object.fromEntries(Object.entries(kept).filter(([name]) => fields.has(name))));
}

const UNKNOWN = 'Is not a known setting.';

/** Each wrong field under its own path. */
const fieldsOf = (issue: z.core.$ZodIssue): { path: string[]; message: string }[] => {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: UNKNOWN }));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
