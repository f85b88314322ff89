import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PodliftError } from '@podlift/sdk';
import { NetErrors } from './errors.ts';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/** What is needed to read an answer within its limits. */
export interface BodyLimits {
  readonly host: string;
  readonly maxBytes: number;
  readonly idleMs: number;
  /** Ends with the whole request. */
  readonly signal: AbortSignal;
  /** Says which failure an error of the stream is. */
  readonly explain: (error: unknown) => unknown;
  /** Called once, when the body has ended, failed or was given up. */
  readonly done: () => void;
}

/**
 * The body as a web stream: unpacked, counted after unpacking, and cut at the limit. Nothing is read before it is asked
 * for, so a bomb unpacks no further than the limit plus one block.
 */
export function openBody(
  source: Readable,
  encoding: string | undefined,
  limits: BodyLimits,
): ReadableStream<Uint8Array> {
  const { host, maxBytes, signal, explain, done } = limits;
  const unpacked = unpack(source, encoding, host);
  const chunks = unpacked[Symbol.asyncIterator]();
  let size = 0;
  const stop = (reason: unknown): void => {
    signal.removeEventListener('abort', onAbort);
    const error = reason instanceof Error ? reason : undefined;
    unpacked.destroy(error);
    source.destroy(error);
    done();
  };
  let cut: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => {
    cut(explain(signal.reason));
    stop(signal.reason);
  };
  // The pipeline reports the same failures that reading does.
  unpacked.on('error', () => undefined);
  source.on('error', () => undefined);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cut = (reason) => controller.error(reason);
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          const next = (await chunks.next()) as IteratorResult<Buffer, undefined>;
          if (signal.aborted) return;
          if (next.done) {
            stop(undefined);
            controller.close();
            return;
          }
          size += next.value.byteLength;
          if (size > maxBytes) throw NetErrors.tooLarge(host, maxBytes);
          controller.enqueue(new Uint8Array(next.value));
        } catch (error) {
          if (signal.aborted) return;
          const told = error instanceof PodliftError ? error : explain(error);
          stop(told);
          controller.error(told);
        }
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
}

function unpack(source: Readable, encoding: string | undefined, host: string): Readable {
  const names = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const [name, ...more] = names;
  if (name === undefined) return source;
  // Bombs are packed twice; honest servers pack once.
  if (more.length > 0 || !(name in DECODERS)) {
    source.destroy();
    throw NetErrors.badEncoding(host);
  }
  const decoder = DECODERS[name as keyof typeof DECODERS]();
  pipeline(source, decoder, () => undefined);
  return decoder;
}
