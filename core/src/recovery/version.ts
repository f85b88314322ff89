/** Whether a version is later than another; only the three numbers count. */
export function isNewer(one: string, other: string): boolean {
  const numbers = (text: string): number[] => text.split(/[-+]/)[0]?.split('.').map(Number) ?? [];
  const [a, b] = [numbers(one), numbers(other)];
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  return false;
}

/**
 * The oldest version whose nodes may go on working on data of this one, so that the nodes of an installation can be exchanged one by one,
 * and one of the old version may restart meanwhile. Migrations only expand; raise this when one takes away or changes the meaning of what
 * older nodes use.
 */
export const WORKS_WITH = '0.1.0';
