import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A client that sends one file after the other in pieces and goes on wherever it was cut off. */
export interface Uploads {
  /** Each file that the server has said is whole, and the digest of what was sent. */
  readonly files: readonly { readonly id: string; readonly sha256: string }[];
  /** Pieces that were cut off or refused, after which it went on. */
  readonly interrupted: number;
  /** Ends after the file that is under way. */
  stop(): Promise<void>;
}

const CHUNK = 64 * 1024;
const CHUNK_MS = 10;
const SIZES = [1, 2, 3, 5];
const RETRY_MS = 100;
export const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Sends files of some megabytes until it is stopped. */
export function startUploads(url: string, key: string): Uploads {
  const files: { id: string; sha256: string }[] = [];
  let interrupted = 0;
  const stopped = new AbortController();
  const authorization = `Bearer ${key}`;

  /** Headers of the answer, or undefined when there was none or a refusal. */
  const ask = async (path: string, init: RequestInit & { duplex?: 'half' }): Promise<Headers | undefined> => {
    try {
      const response = await fetch(`${url}${path}`, {
        ...init,
        headers: { authorization, ...(init.headers as Record<string, string>) },
        signal: AbortSignal.timeout(20_000),
      });
      await response.body?.cancel();
      return response.ok ? response.headers : undefined;
    } catch {
      return undefined;
    }
  };
  const insist = async (path: string, init: RequestInit): Promise<Headers> => {
    for (;;) {
      const headers = await ask(path, init);
      if (headers) return headers;
      await sleep(RETRY_MS);
    }
  };
  const sendOne = async (content: Uint8Array): Promise<string> => {
    const begun = await insist('/api/v1/files/uploads', {
      method: 'POST',
      headers: { 'upload-length': String(content.byteLength) },
    });
    const location = begun.get('location') ?? '';
    for (;;) {
      const known = await insist(location, { method: 'HEAD' });
      const file = known.get('podlift-file');
      if (file !== null) return file;
      const offset = Number(known.get('upload-offset'));
      const sent = await ask(location, {
        method: 'PATCH',
        headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
        // Node's stream of the web, which has a type of its own there.
        body: Readable.toWeb(Readable.from(slowly(content.subarray(offset)))) as ReadableStream<Uint8Array>,
        duplex: 'half',
      });
      if (!sent) interrupted++;
    }
  };
  const sending = (async () => {
    for (let n = 0; !stopped.signal.aborted; n++) {
      const content = randomBytes((SIZES[n % SIZES.length] ?? 1) * 1024 * 1024);
      files.push({ id: await sendOne(content), sha256: digestOf(content) });
    }
  })();
  return {
    files,
    get interrupted() {
      return interrupted;
    },
    async stop() {
      stopped.abort();
      await sending;
    },
  };
}

async function* slowly(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += CHUNK) {
    yield content.subarray(at, at + CHUNK);
    await sleep(CHUNK_MS);
  }
}
