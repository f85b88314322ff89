import { Buffer } from 'node:buffer';

const BLOCK = 512;
const MOST_NAME = 100;
const MOST_PREFIX = 155;

/** One member of a tar archive. */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
}

/** The header of a member in the ustar form, which every tar program reads. */
export function tarHeader({ name, size }: TarHeader, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, short] = splitName(name);
  block.write(short, 0, 'utf8');
  block.write('0000600\0', 100, 'latin1');
  block.write('0000000\0', 108, 'latin1');
  block.write('0000000\0', 116, 'latin1');
  writeNumber(block, size, 124, 12);
  writeNumber(block, seconds, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, 345, 'utf8');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** What follows a member's bytes, so that the next header begins at a block. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** Two empty blocks end an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);

/** Reads a header; undefined for the block that ends an archive. @throws Error for what is no header. */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  if (bytes.every((byte) => byte === 0)) return undefined;
  const said = Number.parseInt(textAt(bytes, 148, 8).trim(), 8);
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  if (said !== sum) throw new Error('a header of the archive is damaged');
  const prefix = textAt(bytes, 345, MOST_PREFIX);
  const name = textAt(bytes, 0, MOST_NAME);
  return { name: prefix === '' ? name : `${prefix}/${name}`, size: readNumber(bytes, 124, 12) };
}

function splitName(name: string): readonly [prefix: string, short: string] {
  if (Buffer.byteLength(name) <= MOST_NAME) return ['', name];
  const at = name.lastIndexOf('/');
  const [prefix, short] = [name.slice(0, at), name.slice(at + 1)];
  if (at < 0 || Buffer.byteLength(prefix) > MOST_PREFIX || Buffer.byteLength(short) > MOST_NAME)
    throw new Error(`${name} is too long a name for an archive`);
  return [prefix, short];
}

/** Octal digits, or base 256 for what has more than eleven of them (8 GiB). */
function writeNumber(block: Buffer, value: number, at: number, length: number): void {
  if (value < 8 ** (length - 1)) {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
    return;
  }
  block[at] = 0x80;
  block.writeUIntBE(value, at + length - 6, 6);
}

const readNumber = (block: Buffer, at: number, length: number): number =>
  (block[at] ?? 0) & 0x80
    ? block.readUIntBE(at + length - 6, 6)
    : Number.parseInt(textAt(block, at, length).trim() || '0', 8);

const textAt = (block: Buffer, at: number, length: number): string => {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
};
