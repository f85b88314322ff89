import type { CoreMigration } from '../data/index.ts';

/** What both sides know of a share. */
const COMMON = {
  dataset: 'text not null',
  scope: 'jsonb not null',
  summary: 'text not null',
  terms: 'text not null',
  withdrawable: 'boolean not null',
  expires_at: 'timestamptz',
  state: 'text not null',
  offered_at: 'timestamptz not null',
  accepted_at: 'timestamptz',
  ended_at: 'timestamptz',
} as const;
const CHECKS = { share_state: `state in ('offered', 'active', 'declined', 'left', 'revoked', 'expired')` } as const;
const KNOWN = Object.fromEntries(Object.keys(COMMON).map((column) => [column, 'none'] as const));

/**
 * A share has a row on each side, with the same id, and no policy is widened for it: both are changed together by the
 * system role. The receiver's row holds how far copying came, because it is moved in the transaction that keeps the rows.
 */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'sharing/0001_share',
    up: (schema) => {
      schema.tenantTable({
        name: 'share_given',
        columns: { id: 'uuid not null', receiver: 'uuid not null', receiver_name: 'text not null', ...COMMON },
        indexes: [['state'], ['receiver']],
        checks: CHECKS,
        privacy: { id: 'none', receiver: 'none', receiver_name: 'none', ...KNOWN },
      });
      schema.tenantTable({
        name: 'share_received',
        columns: {
          id: 'uuid not null',
          grantor: 'uuid not null',
          grantor_name: 'text not null',
          ...COMMON,
          cursor: 'text',
          copied: 'bigint not null default 0',
          copied_at: 'timestamptz',
          error: 'text',
          withdraw: 'boolean not null default false',
          withdrawn_at: 'timestamptz',
        },
        indexes: [['state'], ['grantor']],
        checks: CHECKS,
        privacy: {
          id: 'none',
          grantor: 'none',
          grantor_name: 'none',
          ...KNOWN,
          cursor: 'none',
          copied: 'none',
          copied_at: 'none',
          error: 'none',
          withdraw: 'none',
          withdrawn_at: 'none',
        },
      });
    },
  },
];
