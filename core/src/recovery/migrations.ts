import type { CoreMigration } from '../data/index.ts';

export const migrations: readonly CoreMigration[] = [
  {
    name: 'recovery/0001_nodes',
    up(schema) {
      // Processes of this installation that live, so that two versions at once can be told.
      schema.directoryTable({
        name: 'node',
        columns: {
          id: 'uuid not null',
          host: 'text not null',
          pid: 'integer not null',
          role: 'text not null',
          version: 'text not null',
          plugins: 'text not null',
          started_at: 'timestamptz not null',
          seen_at: 'timestamptz not null',
        },
        primaryKey: ['id'],
        grants: ['select', 'insert', 'update', 'delete'],
        privacy: {
          id: 'none',
          host: 'none',
          pid: 'none',
          role: 'none',
          version: 'none',
          plugins: 'none',
          started_at: 'none',
          seen_at: 'none',
        },
      });
      // Versions that ran on this database.
      schema.directoryTable({
        name: 'release',
        columns: { version: 'text not null', first_at: 'timestamptz not null' },
        primaryKey: ['version'],
        grants: ['select', 'insert'],
        privacy: { version: 'none', first_at: 'none' },
      });
    },
  },
  {
    name: 'recovery/0002_works_with',
    up(schema) {
      // The oldest version that can work on the data of this one; unknown of the first ones.
      schema.sql('alter table core.release add column works_with text');
      schema.privacy('release', { works_with: 'none' });
    },
  },
];
