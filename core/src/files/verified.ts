import { createHash } from 'node:crypto';

/**
 * The bytes of a whole file. The last chunk is held back until the digest is known: a reader of wrong bytes gets an
 * error and too few of them, never a whole that looks right.
 */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  sha256: string,
  onDamage: () => Error,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of content) {
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (hash.digest('hex') !== sha256) throw onDamage();
  if (held) yield held;
}

/** As a byte stream that is read only as fast as its reader takes it. */
export function toStream(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        // A view over memory that is nobody else's: Node's buffers are more than what a stream of bytes may carry.
        else
          controller.enqueue(
            value instanceof Buffer ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value,
          );
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
