import { createHash } from 'node:crypto';

/**
 * Tenants' runs of a cron are spread over half of the time to its next firing, but no longer than this. Half of a week, so that weekly
 * crons that are all due at one moment do not make a day that is busier than three others.
 */
const MOST_SPREAD_MS = 3.5 * 24 * 60 * 60_000;
const SHARE = 0.5;
/** A round is written in pieces of this length, each when it begins. */
const PIECE_MS = 30_000;

/** Over how long the runs of one firing are spread; `nextMs` is the time to the next one. */
export const spreadOf = (nextMs: number, jitterMs: number | undefined): number =>
  Math.floor(jitterMs ?? Math.min(MOST_SPREAD_MS, nextMs * SHARE));

/** A tenant's moment within the spread of a cron: the same share of it every time. Hot: asked of every tenant for every piece. */
export const offsetOf = (name: string, tenant: string, spreadMs: number): number =>
  Math.floor((hashOf(name, tenant) / 2 ** 32) * spreadMs);

/**
 * Where the piece of a round that begins at `fromMs` ends. Pieces of different crons end at different times, so that what is
 * written for them is spread like their runs.
 */
export function pieceEnd(name: string, spreadMs: number, fromMs: number): number {
  const phase = hashOf(name, '') % PIECE_MS;
  const end = fromMs < phase ? phase : fromMs - ((fromMs - phase) % PIECE_MS) + PIECE_MS;
  return Math.min(spreadMs, end);
}

/** FNV-1a of both, stirred once more, so that names that differ in their last letter are far apart. */
function hashOf(name: string, tenant: string): number {
  let hash = 0x811c9dc5;
  const text = `${name}\n${tenant}`;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A UUIDv7 of the due time, whose random part names job and tenant: a firing that is repeated after a crash asks for nothing twice. */
export function runId(name: string, tenant: string, due: number): string {
  const bytes = createHash('sha256').update(`${name}\n${tenant}`).digest().subarray(0, 16);
  bytes.writeUIntBE(due, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
