import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

/** How bytes lie in the destination: packed, and sealed when there is a key. Whole in memory; pieces are small. */
export interface Codec {
  readonly sealed: boolean;
  /** The name under which these bytes are kept; the same for the same bytes. */
  nameOf(bytes: Uint8Array): string;
  encode(bytes: Uint8Array, name: string): Promise<Buffer>;
  /** @throws Error when they are not what was encoded under that name. */
  decode(bytes: Buffer, name: string): Promise<Buffer>;
}

const MAGIC = Buffer.from('PLB1');
const HEADER = 8;
const PACKED = 1;
const SEALED = 2;
const NONCE = 12;
const TAG = 16;
const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Without a key bytes are named by their digest; with one, by a keyed digest that tells nothing about them. */
export function createCodec(key?: Buffer): Codec {
  const sealKey = key && derive(key, 'seal');
  const nameKey = key && derive(key, 'name');
  return {
    sealed: key !== undefined,
    nameOf: (bytes) =>
      nameKey ? createHmac('sha256', nameKey).update(bytes).digest('hex') : hash('sha256', bytes, 'hex'),
    async encode(bytes, name) {
      const packed = await pack(bytes, LEVEL);
      const smaller = packed.length < bytes.length;
      const header = Buffer.alloc(HEADER);
      MAGIC.copy(header);
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
      return flags & PACKED ? unpack(body) : body;
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

function open(key: Buffer, header: Buffer, body: Buffer, name: string): Buffer {
  if (body.length < NONCE + TAG) throw new Error('is cut short');
  const opener = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE));
  opener.setAAD(Buffer.concat([header, Buffer.from(name)]));
  opener.setAuthTag(body.subarray(-TAG));
  return Buffer.concat([opener.update(body.subarray(NONCE, -TAG)), opener.final()]);
}
