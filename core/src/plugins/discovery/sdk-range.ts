/** A version as three numbers; a missing one counts as 0. */
type Version = readonly [number, number, number];

/** Whether one of the given SDK versions lies in a plugin's range: `^1.2`, `~1.2.3`, `>=1 <3`, `1.x`, or several with `||`. */
export function satisfiesAny(range: string, versions: readonly string[]): boolean {
  return range.split('||').some((part) => {
    const tests = part.trim().split(/\s+/).map(toTest);
    return versions.some((version) => tests.every((test) => test(parse(version))));
  });
}

const parse = (text: string): Version => {
  const [major = 0, minor = 0, patch = 0] = text.split('-', 1)[0]?.split('.').map(Number) ?? [];
  return [major, minor, patch];
};

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

const COMPARATOR = /^(\^|~|>=|<=|>|<|=)?v?(\d+|[x*])(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:-[\w.]+)?$/;

function toTest(comparator: string): (version: Version) => boolean {
  if (comparator === '' || comparator === '*' || comparator === 'x') return () => true;
  const [, sign = '', major = '', minor, patch] = COMPARATOR.exec(comparator) ?? [];
  if (major === '') return () => false;
  const known = [major, minor, patch].filter((part) => part !== undefined && /^\d+$/.test(part)).map(Number);
  const low: Version = [known[0] ?? 0, known[1] ?? 0, known[2] ?? 0];
  const below = (high: Version) => (version: Version) => compare(version, low) >= 0 && compare(version, high) < 0;
  switch (sign) {
    case '^':
      return below(caretEnd(low, known.length));
    case '~':
      return below(known.length < 2 ? [low[0] + 1, 0, 0] : [low[0], low[1] + 1, 0]);
    case '>=':
      return (version) => compare(version, low) >= 0;
    case '>':
      return (version) => compare(version, low) > 0;
    case '<':
      return (version) => compare(version, low) < 0;
    case '<=':
      return (version) => compare(version, low) <= 0;
    default:
      return below(known.length === 0 ? [Infinity, 0, 0] : end(low, known.length));
  }
}

/** The first version after all that share the given leading numbers. */
const end = ([major, minor, patch]: Version, given: number): Version =>
  given === 1 ? [major + 1, 0, 0] : given === 2 ? [major, minor + 1, 0] : [major, minor, patch + 1];

/** A caret keeps the first number that is not zero. */
function caretEnd(low: Version, given: number): Version {
  if (low[0] > 0 || given === 1) return [low[0] + 1, 0, 0];
  if (low[1] > 0 || given === 2) return [0, low[1] + 1, 0];
  return [0, 0, low[2] + 1];
}
