import type { Hash } from 'node:crypto';
import { FileErrors } from '../errors.ts';
import type { Checkpoint, DraftWriter } from '../store.ts';

export type Content = Uint8Array | AsyncIterable<Uint8Array>;

export const chunksOf = (content: Content): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
  content instanceof Uint8Array ? [content] : content;

/** How bytes flow from a sender into a writer. */
export interface Flow {
  readonly writer: DraftWriter;
  readonly content: Content;
  /** What lies there already. */
  readonly from: number;
  /** More than so many bytes, all together, are refused by `over`. */
  readonly most: number;
  readonly over: () => Error;
  readonly hashes: readonly Hash[];
  /** Runs before bytes are written, so that room can be reserved or a lost lease noticed. */
  readonly before?: (bytes: number) => Promise<void> | void;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

/** Hands on what comes, one chunk at a time: memory stays constant. Returns how many bytes there are now. */
export async function pump(flow: Flow): Promise<number> {
  const { writer, content, from, most, over, hashes, before, onCheckpoint } = flow;
  let size = from;
  for await (const chunk of chunksOf(content)) {
    if (chunk.byteLength === 0) continue;
    if (size + chunk.byteLength > most) throw over();
    const going = before?.(chunk.byteLength);
    if (going) await going;
    for (const hash of hashes) hash.update(chunk);
    size += chunk.byteLength;
    const checkpoint = await writer.write(chunk);
    if (checkpoint) await onCheckpoint?.(checkpoint);
  }
  return size;
}

/** Ends a content that says nothing for so long. */
export async function* unlessSilent(content: AsyncIterable<Uint8Array>, silenceMs: number): AsyncGenerator<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const silent = Promise.withResolvers<never>();
      timer = setTimeout(() => silent.reject(FileErrors.senderSilent(silenceMs / 1000)), silenceMs);
      const { done, value } = await Promise.race([chunks.next(), silent.promise]);
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    void chunks.return?.().catch(() => undefined);
  }
}
