import { PodliftError } from '@podlift/sdk';
import type { CollectionLayout } from './layout.ts';
import type { CollectionWrite } from './writes.ts';

/** Somebody else was faster. */
export const versionConflict = (
  collection: string,
  id: string,
  seen: number,
  found: number | undefined,
): PodliftError =>
  new PodliftError(
    'conflict',
    found === undefined
      ? `${collection} ${id} was deleted meanwhile`
      : `${collection} ${id} was changed meanwhile: version ${seen} was seen, ${found} is there`,
    { kind: 'conflict', details: { collection, id, seen, ...(found !== undefined && { found }) } },
  );

interface DatabaseFailure {
  readonly code: string;
  readonly constraint: string;
}

/** The unique violation behind an error, however deep it was wrapped. */
function uniqueViolation(thrown: unknown): DatabaseFailure | undefined {
  for (let at = thrown, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, constraint } = at as Error & { code?: unknown; constraint?: unknown };
    if (code === '23505' && typeof constraint === 'string') return { code, constraint };
  }
  return undefined;
}

/** Names the field whose value is taken; every other error stays what it is. */
export function toConflict(thrown: unknown, layout: CollectionLayout, writes: readonly CollectionWrite[]): unknown {
  const violation = uniqueViolation(thrown);
  if (!violation) return thrown;
  const { collection } = layout;
  // A distributed table adds its shard's number to the name.
  const constraint = violation.constraint.replace(/_\d+$/, '');
  const unique = layout.unique.find(({ name }) => name === violation.constraint || name === constraint);
  const fields = unique?.fields ?? ['id'];
  const [only] = writes;
  const id = writes.length === 1 ? only?.id : undefined;
  const of = id === undefined ? collection : `${collection} ${id}`;
  return new PodliftError('conflict', `${of}: ${fields.join(' and ')} is taken by another record`, {
    kind: 'conflict',
    details: { collection, ...(id !== undefined && { id }), fields },
  });
}
