import type { CoreMigration } from '../data/index.ts';

export const migrations: readonly CoreMigration[] = [
  {
    name: 'files/0001_file',
    up: (schema) =>
      schema.tenantTable({
        name: 'file',
        columns: {
          owner: 'text not null',
          digest: 'text not null',
          size: 'bigint not null',
          type: 'text not null',
          name: 'text not null',
          created_at: 'timestamptz not null',
        },
        primaryKey: ['owner', 'digest'],
        indexes: [{ columns: ['digest'], include: ['size'] }],
        checks: { file_digest: `digest ~ '^[0-9a-f]{64}$'`, file_size: 'size >= 0' },
        privacy: { owner: 'none', digest: 'none', size: 'none', type: 'none', name: 'none', created_at: 'none' },
      }),
  },
];
