import { PortabilityError } from '../errors.ts';

/** Takes exact numbers of bytes from a stream of chunks. */
export interface ByteReader {
  /** Exactly so many bytes. @throws PodliftError when the stream ends before. */
  take(size: number): Promise<Buffer>;
  /** At most so many, as they come; empty at the end. */
  some(most: number): Promise<Buffer>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const fill = async (): Promise<boolean> => {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) return false;
      if (value.byteLength === 0) continue;
      const more = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      held = held.length === 0 ? more : Buffer.concat([held, more]);
      return true;
    }
  };
  const cut = (size: number): Buffer => {
    const part = held.subarray(0, size);
    held = held.subarray(size);
    return part;
  };
  return {
    async take(size) {
      const parts: Buffer[] = [];
      for (let left = size; left > 0;) {
        if (held.length === 0 && !(await fill())) throw PortabilityError.damaged('it ends too early');
        const part = cut(Math.min(left, held.length));
        parts.push(part);
        left -= part.length;
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
    async some(most) {
      if (held.length === 0 && !(await fill())) return Buffer.alloc(0);
      return cut(Math.min(most, held.length));
    },
  };
}
