import { createHash } from 'node:crypto';

/** A sealed act as the database holds it, each value as text, so that nothing is lost on the way. */
export interface ChainRow {
  /** Whom it is about; null for an act of the installation alone. */
  readonly tenant: string | null;
  readonly id: string;
  /** Microseconds since 1970. */
  readonly micros: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly action: string;
  readonly target: string;
  readonly via: string | null;
  readonly requestId: string | null;
  readonly ip: string | null;
  readonly details: string;
  readonly salt: string | null;
  readonly digest: string;
  readonly seq: number;
  readonly hash: string;
  readonly redacted: boolean;
}

/** A place in a chain and its proof. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

const VERSION = 'podlift.audit.1';
const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** As `core.audit_field` writes it: length in bytes, colon, value, comma. */
const field = (value: string | null): string => (value === null ? '-,' : `${Buffer.byteLength(value)}:${value},`);

/** What stands in the chain for details and address, which may be erased. */
export const digestOf = ({ salt, ip, details }: Pick<ChainRow, 'salt' | 'ip' | 'details'>): string =>
  sha256(field(salt) + field(ip) + field(details));

/** What stands in the chain for an act, wherever it stands. */
export const contentOf = (row: Omit<ChainRow, 'seq' | 'hash' | 'redacted' | 'salt' | 'ip' | 'details'>): string =>
  sha256(
    [
      VERSION,
      row.tenant,
      row.id,
      row.micros,
      row.actorKind,
      row.actorId,
      row.action,
      row.target,
      row.via,
      row.requestId,
      row.digest,
    ]
      .map(field)
      .join(''),
  );

/** The proof of a place: the proof before it, the place, and what stands there. */
export function hashOf(before: string, seq: number, content: string): string {
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(BigInt(seq));
  return sha256(Buffer.concat([Buffer.from(before, 'hex'), place, Buffer.from(content, 'hex')]));
}

/** What the first act of a chain follows. */
export const beginningOf = (chain: string): Link => ({ seq: 0, hash: sha256(`${VERSION}:${chain}`) });
