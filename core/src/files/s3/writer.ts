import type { Checkpoint, DraftState, DraftWriter } from '../store.ts';

/** The least that S3 takes as a part, except for the last one, is 5 MiB; 10,000 parts are the most: 78 GiB. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Parts on their way at once, while the next one fills. */
const PARALLEL = 2;

/** How far an object in S3 is. */
export interface S3Draft {
  /** S3's own name of the multipart upload; absent while less than a part has come. */
  readonly upload?: string;
  /** What S3 said of each part, in order. */
  readonly parts: readonly string[];
  /** Where the bytes behind the last part wait for more. The two places take turns: what a crash goes back to stays. */
  readonly tail?: Tail;
  /** The object was small and is there already. */
  readonly whole?: boolean;
}

export type Tail = 'a' | 'b';

/** What the writer asks of S3, for one object. */
export interface PartSink {
  begin(): Promise<string>;
  part(upload: string, number: number, bytes: Uint8Array): Promise<string>;
  whole(bytes: Uint8Array): Promise<void>;
  writeTail(tail: Tail, bytes: Uint8Array): Promise<void>;
  readTail(tail: Tail): Promise<Uint8Array>;
}

export const readDraft = (state: DraftState): S3Draft => ({
  parts: [],
  // Written by this room and read back from its own row.
  ...(state as Partial<S3Draft>),
});

/**
 * Cuts what comes into parts. Memory holds the part that fills and two that are on their way. Bytes that make no whole
 * part when a request ends wait in an object of their own, because S3 takes no small part but the last.
 */
export async function openParts(sink: PartSink, from: Checkpoint): Promise<DraftWriter> {
  const draft = readDraft(from.state);
  const etags: (string | undefined)[] = [...draft.parts];
  let { upload } = draft;
  let told = etags.length;
  let filling: Uint8Array[] = [];
  let filled = 0;
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  const push = (bytes: Uint8Array): void => {
    filling.push(bytes);
    filled += bytes.byteLength;
  };
  const gathered = (): Uint8Array => Buffer.concat(filling, filled);
  const empty = (): void => void ([filling, filled] = [[], 0]);
  if (draft.tail) push(await sink.readTail(draft.tail));

  async function send(): Promise<void> {
    const bytes = gathered();
    empty();
    upload ??= await sink.begin();
    while (running.size >= PARALLEL) await Promise.race(running);
    if (failure) throw failure.error;
    const at = etags.push(undefined) - 1;
    const sending = sink
      .part(upload, at + 1, bytes)
      .then((etag) => void (etags[at] = etag))
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => running.delete(sending));
    running.add(sending);
  }

  /** The state up to the first part that has not arrived. */
  function arrived(more: Partial<S3Draft> = {}): DraftState & S3Draft {
    const gap = etags.indexOf(undefined);
    const parts = (gap === -1 ? etags : etags.slice(0, gap)).filter((etag) => etag !== undefined);
    return { ...(upload !== undefined && { upload }), parts, ...more };
  }

  async function settle(): Promise<void> {
    await Promise.all(running);
    if (failure) throw failure.error;
  }

  return {
    async write(chunk) {
      let rest = chunk;
      while (filled + rest.byteLength >= PART_BYTES) {
        const fits = PART_BYTES - filled;
        push(rest.subarray(0, fits));
        rest = rest.subarray(fits);
        await send();
      }
      if (rest.byteLength > 0) push(rest);
      const state = arrived();
      if (state.parts.length === told) return undefined;
      told = state.parts.length;
      return { state, size: told * PART_BYTES };
    },
    async flush(last) {
      const behind = filled;
      if (last && upload === undefined) {
        await sink.whole(gathered());
        return { state: arrived({ whole: true }), size: behind };
      }
      const size = etags.length * PART_BYTES + behind;
      if (last && behind > 0) await send();
      await settle();
      if (last || behind === 0) return { state: arrived(), size };
      const tail = draft.tail === 'a' ? 'b' : 'a';
      await sink.writeTail(tail, gathered());
      return { state: arrived({ tail }), size };
    },
    async close() {
      await Promise.all(running);
    },
  };
}
