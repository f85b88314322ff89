import { createHash, type Hash } from 'node:crypto';

/** Digests of uploads that this process has seen from their first byte on. */
export interface Digests {
  /** The digest of the first `size` bytes, to go on with; `undefined` when this process has not seen all of them. */
  take(upload: string, size: number): Hash | undefined;
  keep(upload: string, size: number, hash: Hash): void;
  drop(upload: string): void;
}

/** The oldest ones are forgotten: their bytes are read again when the upload is complete. */
const MOST = 1000;

/**
 * A digest under way cannot be written down, so it is kept in memory between two requests. After a restart, or on
 * another node, the bytes are read once more from the store instead.
 */
export function createDigests(): Digests {
  const kept = new Map<string, { readonly size: number; readonly hash: Hash }>();
  return {
    take(upload, size) {
      if (size === 0) return createHash('sha256');
      const found = kept.get(upload);
      kept.delete(upload);
      return found?.size === size ? found.hash : undefined;
    },
    keep(upload, size, hash) {
      kept.delete(upload);
      kept.set(upload, { size, hash });
      for (const oldest of kept.keys()) {
        if (kept.size <= MOST) break;
        kept.delete(oldest);
      }
    },
    drop: (upload) => void kept.delete(upload),
  };
}

/** The digest of bytes that are read to their end, in hex. */
export async function digestOf(content: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { sha256: hash.digest('hex'), bytes };
}
