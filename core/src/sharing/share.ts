import type { Row } from '../data/index.ts';

/** Where a share stands. Only an active one is copied; the last four are ends. */
export type ShareState = 'offered' | 'active' | 'declined' | 'left' | 'revoked' | 'expired';

/** What both sides know of a share. */
export interface Share {
  readonly id: string;
  /** `<plugin>/<entry>` of `podlift.sharing@1`. */
  readonly dataset: string;
  /** What of it, in the plugin's words. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** The scope in one sentence. */
  readonly summary: string;
  readonly terms: string;
  /** Whether the grantor may take back what was copied. */
  readonly withdrawable: boolean;
  readonly expiresAt: Date | null;
  readonly state: ShareState;
  readonly offeredAt: Date;
  readonly acceptedAt: Date | null;
  readonly endedAt: Date | null;
}

/** As the grantor sees it. */
export interface GivenShare extends Share {
  readonly receiver: string;
  readonly receiverName: string;
}

/** As the receiver sees it, with how far copying came. */
export interface ReceivedShare extends Share {
  readonly grantor: string;
  readonly grantorName: string;
  readonly cursor: string | null;
  readonly copied: number;
  readonly copiedAt: Date | null;
  readonly error: string | null;
  readonly withdraw: boolean;
  readonly withdrawnAt: Date | null;
}

const COMMON = `id, dataset, scope, summary, terms, withdrawable, expires_at as "expiresAt", state, offered_at as "offeredAt",
  accepted_at as "acceptedAt", ended_at as "endedAt"`;

/** The columns of each side, under the names of the types above. */
export const GIVEN = `${COMMON}, receiver, receiver_name as "receiverName"`;
export const RECEIVED = `${COMMON}, grantor, grantor_name as "grantorName", cursor, copied::float8 as copied, copied_at as "copiedAt", error,
  withdraw, withdrawn_at as "withdrawnAt"`;

export type GivenRow = GivenShare & Row;
export type ReceivedRow = ReceivedShare & Row;
