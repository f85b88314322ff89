import { createHash } from 'node:crypto';
import type { Selection, Snapshot } from './extract.ts';

/** Names the input of a run: the question (without the tenant) and every byte of the columns that the models got. */
export function hashInput(
  { from, to, dimension, windowDays }: Selection,
  { keys, currency, journeys }: Snapshot,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ from, to, dimension, windowDays, currency, keys }));
  const { offsets, channels, ages, values, direct } = journeys;
  for (const column of [offsets, channels, ages, values, direct]) hash.update(column);
  return hash.digest('hex');
}
