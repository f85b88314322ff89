import { isFields } from './fields.ts';
import { MAX_DEPTH } from './limits.ts';

/** About how many bytes a value has as JSON; stops counting at the limit. What nests too deeply is over it. */
export function roughBytes(value: unknown, limit: number, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  if (depth >= MAX_DEPTH) return limit + 1;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const one of value) {
      bytes += roughBytes(one, limit - bytes, depth + 1) + 1;
      if (bytes > limit) break;
    }
    return bytes;
  }
  if (!isFields(value)) return bytes;
  // A value of JSON.parse has own fields only.
  for (const key in value) {
    bytes += key.length + 4 + roughBytes(value[key], limit - bytes, depth + 1);
    if (bytes > limit) break;
  }
  return bytes;
}
