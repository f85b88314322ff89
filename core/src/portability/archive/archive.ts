import { createHash } from 'node:crypto';
import { PodliftError } from '@podlift/sdk';
import { PortabilityError } from '../errors.ts';
import { createByteReader } from './bytes.ts';
import { decrypt, encryptTo } from './encryption.ts';
import type { Sink } from './sink.ts';
import { readTarHeader, tarEnd, tarHeader, tarPadding } from './tar.ts';

const BLOCK = 512;
const PIECE = 256 * 1024;

/** What was written of one member. */
export interface Written {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes an archive, member after member. */
export interface ArchiveWriter {
  add(path: string, content: Uint8Array): Promise<Written>;
  /** A member whose size is known before its bytes come. */
  stream(path: string, size: number, content: AsyncIterable<Uint8Array>): Promise<Written>;
}

export interface ArchiveOptions {
  /** Encrypts the whole archive. */
  readonly passphrase?: string | undefined;
  /** Time of the members, in milliseconds since 1970. */
  readonly now: number;
}

/** Writes an archive: a tar, encrypted as a whole when there is a passphrase. */
export async function writeArchive<T>(
  sink: Sink,
  { passphrase, now }: ArchiveOptions,
  fill: (writer: ArchiveWriter) => Promise<T>,
): Promise<T> {
  const sealed = passphrase === undefined ? undefined : await encryptTo(sink, passphrase);
  const to = sealed ?? sink;
  const seconds = Math.floor(now / 1000);
  const stream: ArchiveWriter['stream'] = async (path, size, content) => {
    await to.write(tarHeader({ name: path, size }, seconds));
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await to.write(chunk);
    }
    if (bytes !== size) throw new Error(`${path} has ${bytes} bytes and not ${size}`);
    await to.write(tarPadding(size));
    return { path, bytes, sha256: hash.digest('hex') };
  };
  const result = await fill({ stream, add: (path, content) => stream(path, content.byteLength, once(content)) });
  await to.write(tarEnd());
  await sealed?.end();
  return result;
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

/** A member as it is read; its bytes must be read before the next member comes. */
export interface Member {
  readonly path: string;
  readonly size: number;
  /** All of it. Only for members that are small by their nature. */
  whole(): Promise<Buffer>;
  pieces(): AsyncGenerator<Uint8Array>;
}

/** The members of an archive, one after the other; what is not read of one is passed over. */
export async function* readArchive(
  source: AsyncIterable<Uint8Array>,
  passphrase: string | undefined,
): AsyncGenerator<Member> {
  const reader = createByteReader(decrypt(source, passphrase));
  for (let first = true; ; first = false) {
    const block = await reader.take(BLOCK).catch((error: unknown) => {
      const isShort = error instanceof PodliftError && error.code === 'portability.archive_damaged';
      throw first && isShort ? PortabilityError.notAnArchive('it is too short') : error;
    });
    let header;
    try {
      header = readTarHeader(block);
    } catch (error) {
      throw first
        ? PortabilityError.notAnArchive('it is not a tar archive')
        : PortabilityError.damaged((error as Error).message);
    }
    if (!header) {
      // What stands behind the end is read too, so that the end of an encrypted archive is checked.
      while ((await reader.some(PIECE)).length > 0);
      return;
    }
    let left = header.size;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const piece = await reader.some(Math.min(left, PIECE));
        if (piece.length === 0) throw PortabilityError.damaged('it ends too early');
        left -= piece.length;
        yield piece;
      }
    };
    const whole = async (): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for await (const piece of pieces()) parts.push(piece);
      return Buffer.concat(parts);
    };
    yield { path: header.name, size: header.size, whole, pieces };
    for await (const _ of pieces());
    await reader.take(tarPadding(header.size).length);
  }
}
