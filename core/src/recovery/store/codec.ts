import { createCipheriv, createDecipheriv, createHmac, randomBytes, subtle } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

/** How bytes lie in the destination: packed, and sealed when there is a key. Whole in memory; pieces are small. */
export interface Codec {
  readonly sealed: boolean;
  /** Whether `decode` alone notices damage. */
  checksItself(bytes: Buffer): boolean;
  /** The name under which these bytes are kept; the same for the same bytes. */
  nameOf(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  encode(bytes: Uint8Array, name: string): Promise<Buffer<ArrayBuffer>>;
  /** @throws Error when they are damaged: packed bytes carry a checksum, sealed ones a seal that also names them. */
  decode(bytes: Buffer<ArrayBuffer>, name: string): Promise<Buffer<ArrayBuffer>>;
}

const MAGIC = Buffer.from('PLB1');
/** Magic, flags, three spare bytes, length of the content. */
const HEADER = 12;
const LENGTH_AT = 8;
const PACKED = 1;
const SEALED = 2;
const NONCE = 12;
const TAG = 16;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const PARAMS = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 };
/** The default takes a trip to a thread, and a buffer, for every few kilobytes. */
const inOneGo = (length: number): number => Math.max(length + 1024, 64 * 1024);
const pack = (bytes: Uint8Array): Promise<Buffer<ArrayBuffer>> =>
  compress(bytes, { params: PARAMS, chunkSize: inOneGo(bytes.length) });
const unpack = (bytes: Buffer, length: number): Promise<Buffer<ArrayBuffer>> =>
  decompress(bytes, { chunkSize: inOneGo(length), maxOutputLength: length });

/** Without a key bytes are named by their digest; with one, by a keyed digest that tells nothing about them. */
export function createCodec(key?: Buffer): Codec {
  const sealKey = key && derive(key, 'seal');
  const nameKey = key && derive(key, 'name');
  return {
    sealed: key !== undefined,
    checksItself: (bytes) => ((bytes[4] ?? 0) & (PACKED | SEALED)) !== 0,
    // The digest is made beside the main thread, which has files to write meanwhile.
    nameOf: async (bytes) =>
      nameKey
        ? createHmac('sha256', nameKey).update(bytes).digest('hex')
        : Buffer.from(await subtle.digest('SHA-256', bytes)).toString('hex'),
    async encode(bytes, name) {
      const packed = await pack(bytes);
      const smaller = packed.length < bytes.length;
      const header = Buffer.alloc(HEADER);
      MAGIC.copy(header);
      header.writeUInt32LE(bytes.length, LENGTH_AT);
      header[4] = (smaller ? PACKED : 0) | (sealKey ? SEALED : 0);
      const body = smaller ? packed : bytes;
      return Buffer.concat(sealKey ? [header, ...seal(sealKey, header, body, name)] : [header, body]);
    },
    async decode(bytes, name) {
      if (bytes.length < HEADER || !bytes.subarray(0, 4).equals(MAGIC)) throw new Error('is not a part of a backup');
      const flags = bytes[4] ?? 0;
      let body = bytes.subarray(HEADER);
      if (flags & SEALED) {
        if (!sealKey) throw new Error('is encrypted');
        body = open(sealKey, bytes.subarray(0, HEADER), body, name);
      }
      const content = flags & PACKED ? await unpack(body, bytes.readUInt32LE(LENGTH_AT)) : body;
      if (content.length !== bytes.readUInt32LE(LENGTH_AT)) throw new Error('is cut short');
      return content;
    },
  };
}

const derive = (key: Buffer, use: string): Buffer => createHmac('sha256', key).update(`podlift backup ${use}`).digest();

function seal(key: Buffer, header: Buffer, body: Uint8Array, name: string): Buffer[] {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.concat([header, Buffer.from(name)]));
  const sealed = Buffer.concat([cipher.update(body), cipher.final()]);
  return [nonce, sealed, cipher.getAuthTag()];
}

function open(key: Buffer, header: Buffer, body: Buffer, name: string): Buffer<ArrayBuffer> {
  if (body.length < NONCE + TAG) throw new Error('is cut short');
  const opener = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE));
  opener.setAAD(Buffer.concat([header, Buffer.from(name)]));
  opener.setAuthTag(body.subarray(-TAG));
  return Buffer.concat([opener.update(body.subarray(NONCE, -TAG)), opener.final()]);
}
