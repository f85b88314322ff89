import type { CoreMigration } from '../data/index.ts';
import { addChain } from './chain/schema.ts';

const COLUMNS = {
  id: 'uuid not null',
  actor_kind: 'text not null',
  actor_id: 'text not null',
  action: 'text not null',
  target: 'text not null',
  details: 'jsonb not null',
  time: 'timestamptz not null',
} as const;

const PRIVACY = {
  id: 'none',
  actor_kind: 'none',
  actor_id: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
  action: 'none',
  target: 'none',
  details: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
  time: 'none',
} as const;

/**
 * Two tables, because a tenant's row cannot be without a tenant: `audit` is the tenant's own, under row-level security;
 * `operator_audit` belongs to the installation and is read by `podlift_system` only. The running host may add to both and change neither.
 */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'audit/0001_audit',
    up(schema) {
      schema.tenantTable({
        name: 'audit',
        columns: COLUMNS,
        indexes: [
          ['action', 'id'],
          ['target', 'id'],
        ],
        privacy: PRIVACY,
        grants: ['select', 'insert'],
      });
      schema.directoryTable({
        name: 'operator_audit',
        columns: { ...COLUMNS, tenant: 'uuid' },
        indexes: [['tenant', 'id']],
        privacy: { ...PRIVACY, tenant: 'none' },
        grants: ['insert'],
      });
      schema.sql('grant select, insert on core.operator_audit to podlift_system');
    },
  },
  { name: 'audit/0002_chain', up: addChain },
];
