import type { ByteRange } from '../store.ts';

/** What a Range header asks for: a part, the whole (also when the header makes no sense), or nothing that is there. */
export type AskedRange = ByteRange | 'whole' | 'unsatisfiable';

/** Reads a Range header (RFC 9110). Several ranges at once are answered with the whole, which is allowed. */
export function readRange(header: string | undefined, size: number): AskedRange {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  // The last so many bytes.
  if (first === '') {
    const many = Math.min(Number(last), size);
    return many === 0 ? 'unsatisfiable' : { start: size - many, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end };
}
