/** Asking for random bytes once per id costs more than making the id: they are drawn for many at once. */
const POOL_IDS = 256;
const pool = new Uint8Array(POOL_IDS * 16);
let used = pool.length;

/** Random bits of one id, and the counter that keeps ids of one millisecond in order. */
const bytes = new Uint8Array(16);
let lastMs = -1;
let counter = 0;

/** Half of the counter's room, so that it does not overflow within a millisecond. */
const COUNTER_START = 0x7ff;
const COUNTER_MAX = 0xfff;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A new UUID of version 7, which sorts by time.
 * @param ms The instant it carries, in milliseconds since 1970. Without it, now, and each id sorts after the one before;
 * with it, ids of one instant are in no order.
 */
export function uuidv7(ms?: number): string {
  drawBytes();
  let time = ms === undefined ? Date.now() : Math.floor(ms);
  if (time < 0 || time > 0xffff_ffff_ffff || Number.isNaN(time)) throw new RangeError(`${ms} is no instant for a UUID`);
  if (ms === undefined) {
    time = nextTick(time);
    bytes[6] = counter >> 8;
    bytes[7] = counter;
  }
  bytes[0] = time / 2 ** 40;
  bytes[1] = time / 2 ** 32;
  bytes[2] = time / 2 ** 24;
  bytes[3] = time / 2 ** 16;
  bytes[4] = time / 2 ** 8;
  bytes[5] = time;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return format();
}

function drawBytes(): void {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  for (let i = 0; i < 16; i++) bytes[i] = pool[used + i] ?? 0;
  used += 16;
}

/** Counts on within a millisecond, and never goes back when the clock does. */
function nextTick(now: number): number {
  if (now > lastMs) {
    lastMs = now;
    counter = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & COUNTER_START;
  } else if (++counter > COUNTER_MAX) {
    lastMs++;
    counter = 0;
  }
  return lastMs;
}

function format(): string {
  let text = '';
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += HEX[bytes[i] ?? 0] ?? '';
  }
  return text;
}

/** The instant that a UUID of version 7 carries, in milliseconds since 1970. */
export function timeOfUuidv7(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The smallest UUID of version 7 of an instant: ids of the instant and later are not below it. */
export function lowestUuidv7(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
