import { createHash } from 'node:crypto';

/** The same value always gives the same text: keys are sorted, except the fields of a JSON schema, whose order is what a form shows. */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(sorted(value, false), undefined, indent);
}

function sorted(value: unknown, keepOrder: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item, false));
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(([, item]) => item !== undefined);
  if (!keepOrder) fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, item]) => [key, sorted(item, key === 'properties')]));
}

/** A short digest of plain JSON, equal for equal content. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex').slice(0, 16);
}
