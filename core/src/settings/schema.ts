import { z } from 'zod';
import { SettingsError } from './errors.ts';

/** What settings may be: a zod schema, or a JSON schema as plugin.json holds it. */
export type SettingsSchema = z.ZodType | Readonly<Record<string, unknown>>;

const isZod = (schema: SettingsSchema): schema is z.ZodType => schema instanceof z.ZodType;

/** One schema for both kinds, so that what is checked does not depend on where the schema came from. */
export function toZod(schema: SettingsSchema): z.ZodType {
  // A JSON schema is read by zod, which refuses what it does not understand when the plugin is registered.
  return isZod(schema) ? schema : z.fromJSONSchema(schema);
}

/** The settings with their defaults, or an error that names every wrong field. */
export function parseSettings(owner: string, schema: z.ZodType, value: unknown): Record<string, unknown> {
  const parsed = schema.safeParse(value);
  if (parsed.success && isRecord(parsed.data)) return parsed.data;
  const issues = parsed.success ? [] : parsed.error.issues;
  throw SettingsError.invalid(
    owner,
    issues.length ? issues.flatMap(fieldsOf) : [{ path: [], message: 'Settings are an object.' }],
  );
}

/** Each wrong field under its own path, also the ones that nobody knows. */
const fieldsOf = (issue: z.core.$ZodIssue): { path: string[]; message: string }[] => {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: 'Is not a known setting.' }));
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
