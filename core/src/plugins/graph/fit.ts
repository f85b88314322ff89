import { fromJson, type PluginJson } from '@podlift/sdk/kernel';
import { z } from 'zod';

type Point = PluginJson['opens'][number];

/**
 * Whether every entry of a plugin fits the point as its opener has frozen it; the sentence of the first that does not. The opener's own
 * code leaves misfits out as well; here the contributor learns of it, and people see why.
 */
export function findMisfit(
  json: PluginJson,
  points: ReadonlyMap<string, { readonly point: Point; readonly opener: string }>,
): string | undefined {
  for (const { point: id, id: entry, data, methods } of json.declares.contributions) {
    const found = points.get(id);
    if (!found) continue;
    const { point, opener } = found;
    const what = `its entry ${entry} does not fit ${id} of ${opener}`;
    const missing = Object.entries(point.methods).find(
      ([name, { optional }]) => !optional && !Object.hasOwn(methods, name),
    );
    if (missing) return `${what}: it has no ${missing[0]}()`;
    const problem = misfit(point.data, data);
    if (problem !== undefined) return `${what}: ${problem}`;
  }
  return undefined;
}

/** Schemas with values that JSON does not have are left to the opener's own code. */
function misfit(schema: object, data: unknown): string | undefined {
  const check = toCheck(schema);
  if (!check) return undefined;
  const parsed = check.safeParse(fromJson(structuredClone(data)));
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return issue ? `${issue.path.join('.') || 'the entry'}: ${issue.message}` : 'it is not valid';
}

const checks = new WeakMap<object, z.ZodType | null>();

function toCheck(schema: object): z.ZodType | null {
  let check = checks.get(schema);
  if (check === undefined) {
    check = /"(x-podlift|column)"/.test(JSON.stringify(schema)) ? null : tryRead(schema);
    checks.set(schema, check);
  }
  return check;
}

function tryRead(schema: object): z.ZodType | null {
  try {
    return z.fromJSONSchema({ ...schema });
  } catch {
    return null;
  }
}
