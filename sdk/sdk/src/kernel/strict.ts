import { PodliftError } from '../errors.ts';

const isOpaque = (value: object): boolean =>
  ArrayBuffer.isView(value) || value instanceof ReadableStream || value instanceof Date;

/** Freezes plain data all the way down. Typed arrays cannot be frozen: `watchColumns` looks after those. */
export function freezeDeep<T>(value: T): T {
  if (value === null || typeof value !== 'object' || isOpaque(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) freezeDeep(item);
  return value;
}

/** Returns a check that throws `input_mutated` when a typed array inside `value` has been written to since. */
export function watchColumns(value: unknown, what: string): () => void {
  const seen: { readonly bytes: Uint8Array; readonly sum: number }[] = [];
  const visit = (item: unknown): void => {
    if (item === null || typeof item !== 'object') return;
    if (ArrayBuffer.isView(item)) {
      const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
      seen.push({ bytes, sum: checksum(bytes) });
    } else if (!isOpaque(item)) Object.values(item).forEach(visit);
  };
  visit(value);
  return () => {
    if (seen.every(({ bytes, sum }) => checksum(bytes) === sum)) return;
    throw new PodliftError('input_mutated', `${what} wrote into a column it was given; copy it first`);
  };
}

function checksum(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) | 0;
    b = (b + a) | 0;
  }
  return a ^ (b << 7);
}
