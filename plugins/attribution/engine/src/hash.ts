import { createHash } from 'node:crypto';
import type { Selection, Snapshot } from './extract.ts';

/** Names the input of a run: the question (without the tenant) and every byte of the columns that the models got. */
export function hashInput(
  { from, to, dimension, windowDays }: Selection,
  { keys, currency, journeys }: Snapshot,
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ from, to, dimension, windowDays, currency, keys }));
  for (const column of [journeys.offsets, journeys.channels, journeys.ages, journeys.values]) {
    hash.update(new Uint8Array(bufferOf(column), column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}

/** A column hides its buffer from those who may not write; hashing only reads. */
const bufferOf = (column: object): ArrayBuffer => (column as { readonly buffer: ArrayBuffer }).buffer;
