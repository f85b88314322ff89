import { createHash } from 'node:crypto';

/** Tenants' runs of a cron are spread over half of the time to its next firing, but no longer than this. */
const MOST_SPREAD_MS = 12 * 60 * 60_000;
const SHARE = 0.5;
/** So many pieces a round is walked in, when they are neither too short nor too long. */
const PIECES = 30;
const SHORTEST_PIECE_MS = 60_000;
const LONGEST_PIECE_MS = 10 * 60_000;

/** Over how long the runs of one firing are spread; `nextMs` is the time to the next one. */
export const spreadOf = (nextMs: number, jitterMs: number | undefined): number =>
  Math.floor(jitterMs ?? Math.min(MOST_SPREAD_MS, nextMs * SHARE));

/** A tenant's moment within the spread of a cron: the same share of it every time. */
export function offsetOf(name: string, tenant: string, spreadMs: number): number {
  return Math.floor((digestOf(name, tenant).readUInt32BE(0) / 2 ** 32) * spreadMs);
}

/**
 * Where the piece of a round that begins at `fromMs` ends. Pieces of different crons end at different times, so that what is
 * written for them is spread like their runs.
 */
export function pieceEnd(name: string, spreadMs: number, fromMs: number): number {
  const piece = Math.min(LONGEST_PIECE_MS, Math.max(SHORTEST_PIECE_MS, Math.ceil(spreadMs / PIECES)));
  const phase = digestOf(name, '').readUInt32BE(0) % piece;
  const end = fromMs < phase ? phase : fromMs - ((fromMs - phase) % piece) + piece;
  return Math.min(spreadMs, end);
}

const digestOf = (name: string, tenant: string): Buffer => createHash('sha256').update(`${name}\n${tenant}`).digest();

/** A UUIDv7 of the due time, whose random part names job and tenant: a firing that is repeated after a crash asks for nothing twice. */
export function runId(name: string, tenant: string, due: number): string {
  const bytes = Buffer.from(digestOf(name, tenant).subarray(0, 16));
  bytes.writeUIntBE(due, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
