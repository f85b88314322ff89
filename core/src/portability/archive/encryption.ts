import { createCipheriv, createDecipheriv, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { PortabilityError } from '../errors.ts';
import { createByteReader } from './bytes.ts';
import type { Sink } from './sink.ts';

/** First bytes of an encrypted archive: its form, then 16 bytes of salt and 7 of nonce. */
const MAGIC = Buffer.from('podlift-sealed-1\n');
const SALT = 16;
const NONCE = 7;
const TAG = 16;
/** Plain bytes of one chunk. */
const CHUNK = 64 * 1024;
/** 32 MiB and some 100 ms for each guess of a passphrase. */
const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 };

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** The key that a passphrase and a salt give. */
export const keyOf = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  derive(passphrase.normalize('NFC'), salt, 32, COST);

/**
 * Encrypts what is written, in chunks that are sealed one by one (AES-256-GCM, the STREAM construction): no chunk can be
 * changed, moved or left out, and an archive that was cut off does not end.
 */
export async function encryptTo(sink: Sink, passphrase: string): Promise<Sink & { end(): Promise<void> }> {
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const key = await keyOf(passphrase, salt);
  await sink.write(Buffer.concat([MAGIC, salt, nonce]));
  let held: Buffer[] = [];
  let size = 0;
  let count = 0;
  const flush = async (last: boolean): Promise<void> => {
    const all = Buffer.concat(held);
    let at = 0;
    for (; all.length - at > CHUNK; at += CHUNK) await seal(all.subarray(at, at + CHUNK), false);
    if (last) await seal(all.subarray(at), true);
    held = last ? [] : [all.subarray(at)];
    size = all.length - at;
  };
  const seal = async (plain: Buffer, last: boolean): Promise<void> => {
    const cipher = createCipheriv('aes-256-gcm', key, chunkNonce(nonce, count++, last));
    await sink.write(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  };
  return {
    async write(chunk) {
      // The last chunk is sealed as such, so one is always held back.
      held.push(Buffer.from(chunk));
      size += chunk.byteLength;
      if (size > CHUNK) await flush(false);
    },
    end: () => flush(true),
  };
}

/** The bytes of an archive, decrypted when it is encrypted. @throws PodliftError when it is and the passphrase is not the right one. */
export async function* decrypt(
  source: AsyncIterable<Uint8Array>,
  passphrase: string | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = createByteReader(source);
  const start = await reader.take(MAGIC.length);
  if (!start.equals(MAGIC)) {
    yield start;
    for (let part = await reader.some(CHUNK); part.length > 0; part = await reader.some(CHUNK)) yield part;
    return;
  }
  if (passphrase === undefined) throw PortabilityError.passphraseMissing();
  const key = await keyOf(passphrase, await reader.take(SALT));
  const nonce = Buffer.from(await reader.take(NONCE));
  let held = await atMost(reader.some, CHUNK + TAG);
  for (let count = 0; ; count++) {
    const next = await atMost(reader.some, CHUNK + TAG);
    const last = next.length === 0;
    if (held.length < TAG) throw PortabilityError.damaged('it ends too early');
    const decipher = createDecipheriv('aes-256-gcm', key, chunkNonce(nonce, count, last));
    decipher.setAuthTag(held.subarray(-TAG));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(held.subarray(0, -TAG)), decipher.final()]);
    } catch {
      throw count === 0
        ? PortabilityError.passphraseWrong()
        : PortabilityError.damaged('a part of it was changed, or it ends too early');
    }
    yield plain;
    if (last) return;
    held = next;
  }
}

async function atMost(some: (most: number) => Promise<Buffer>, size: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let left = size; left > 0;) {
    const part = await some(left);
    if (part.length === 0) break;
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

function chunkNonce(prefix: Buffer, count: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  prefix.copy(nonce);
  nonce.writeUInt32BE(count, NONCE);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
