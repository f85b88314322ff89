/** How many differences a sentence names. */
const MAX_NAMED = 3;

/**
 * Says where two plain values differ, as paths a person can find: `jobs.pull.cron`. Items of lists are told by their id or name, so
 * that their order does not count.
 */
export function findDifferences(frozen: unknown, declared: unknown): readonly string[] {
  const found: string[] = [];
  compare(frozen, declared, '', found);
  return found;
}

/** The differences as the end of a sentence. */
export function describeDifferences(differences: readonly string[]): string {
  const named = differences.slice(0, MAX_NAMED).join('; ');
  const more = differences.length - MAX_NAMED;
  return more > 0 ? `${named}; and ${more} more` : named;
}

function compare(frozen: unknown, declared: unknown, path: string, found: string[]): void {
  if (frozen === declared || (isEmpty(frozen) && isEmpty(declared))) return;
  const left = toFields(frozen);
  const right = toFields(declared);
  if (!left || !right) {
    found.push(
      declared === undefined
        ? `${path} is in plugin.json but not declared`
        : frozen === undefined
          ? `${path} is declared but not in plugin.json`
          : `${path} is ${show(declared)} but ${show(frozen)} in plugin.json`,
    );
    return;
  }
  for (const key of new Set([...left.keys(), ...right.keys()]))
    compare(left.get(key), right.get(key), path ? `${path}.${key}` : key, found);
}

/** An empty list and an absent one say the same. */
const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);

function toFields(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value).filter(([, item]) => item !== undefined));
  return new Map(value.map((item: unknown, at) => [nameOf(item) ?? String(at), item]));
}

function nameOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  if (typeof item !== 'object' || item === null) return undefined;
  const { id, name, point, mode }: { id?: unknown; name?: unknown; point?: unknown; mode?: unknown } = item;
  const own = typeof id === 'string' ? id : typeof name === 'string' ? name : undefined;
  return own && [point, own, mode].filter((part) => typeof part === 'string').join('/');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
