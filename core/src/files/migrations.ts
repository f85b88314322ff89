import type { CoreMigration } from '../data/index.ts';

/** People name files after people. A file goes as a whole, with its row. */
const NAMED = {
  category: 'personal',
  subject: 'customer',
  purpose: 'find a file again',
  erasure: 'delete',
} as const;

/** Whom the file is about, as its kind declares; see `Files.findBySubject`. */
const SUBJECT = {
  category: 'personal',
  subject: 'customer',
  purpose: 'export and erase the files about a person',
  erasure: 'delete',
} as const;

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
  {
    // Files get ids of their own; the bytes behind several of them are kept once, and counted once.
    name: 'files/0002_content',
    up(schema) {
      schema.tenantTable({
        name: 'file_content',
        columns: {
          digest: 'text not null',
          object: 'text not null',
          size: 'bigint not null',
          created_at: 'timestamptz not null',
          unreferenced_at: 'timestamptz',
          checked_at: 'timestamptz',
          damage: 'text',
        },
        primaryKey: ['digest'],
        unique: [['object']],
        checks: { file_content_digest: `digest ~ '^[0-9a-f]{64}$'`, file_content_size: 'size >= 0' },
        privacy: {
          digest: 'none',
          object: 'none',
          size: 'none',
          created_at: 'none',
          unreferenced_at: 'none',
          checked_at: 'none',
          damage: 'none',
        },
      });
      schema.sql(`create index on core.file_content (tenant_id, unreferenced_at) where unreferenced_at is not null`);
      schema.sql(`create index on core.file_content (tenant_id) where damage is not null`);
      schema.tenantTable({
        name: 'file_usage',
        columns: { kept: 'bigint not null', reserved: 'bigint not null' },
        primaryKey: [],
        checks: { file_usage_kept: 'kept >= 0', file_usage_reserved: 'reserved >= 0' },
        privacy: { kept: 'none', reserved: 'none' },
      });
      schema.tenantTable({
        name: 'file_upload',
        columns: {
          id: 'uuid not null',
          owner: 'text not null',
          kind: 'text not null',
          name: 'text not null',
          type: 'text not null',
          subject: 'text',
          created_by: 'text not null',
          // Absent while bytes come from a stream whose end nobody knows.
          length: 'bigint',
          received: 'bigint not null',
          reserved: 'bigint not null',
          expected: 'text',
          object: 'text not null',
          state: 'jsonb not null',
          lease: 'uuid',
          leased_until: 'timestamptz',
          file_id: 'uuid',
          created_at: 'timestamptz not null',
          updated_at: 'timestamptz not null',
          expires_at: 'timestamptz not null',
        },
        indexes: [['expires_at']],
        privacy: {
          id: 'none',
          owner: 'none',
          kind: 'none',
          name: NAMED,
          type: 'none',
          subject: SUBJECT,
          created_by: 'none',
          length: 'none',
          received: 'none',
          reserved: 'none',
          expected: 'none',
          object: 'none',
          state: 'none',
          lease: 'none',
          leased_until: 'none',
          file_id: 'none',
          created_at: 'none',
          updated_at: 'none',
          expires_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'file_garbage',
        columns: { object: 'text not null', state: 'jsonb not null', since: 'timestamptz not null' },
        primaryKey: ['object'],
        privacy: { object: 'none', state: 'none', since: 'none' },
      });
      schema.sql(`
        insert into core.file_content (tenant_id, digest, object, size, created_at)
        select tenant_id, digest, left(digest, 2) || '/' || digest, max(size), min(created_at)
        from core.file group by tenant_id, digest`);
      schema.sql(`
        insert into core.file_usage (tenant_id, kept, reserved)
        select tenant_id, sum(size), 0 from core.file_content group by tenant_id`);
      schema.sql(`
        alter table core.file
          add column id uuid,
          add column kind text not null default 'file',
          add column subject text,
          add column erasure text not null default 'delete',
          add column listed boolean not null default false,
          add column expires_at timestamptz`);
      schema.sql(`update core.file set id = gen_random_uuid()`);
      schema.sql(`alter table core.file alter column id set not null`);
      schema.sql(`alter table core.file drop constraint file_pkey`);
      schema.sql(`alter table core.file add primary key (tenant_id, id)`);
      schema.sql(
        `alter table core.file add foreign key (tenant_id, digest) references core.file_content (tenant_id, digest) on delete restrict`,
      );
      schema.sql(`create index on core.file (tenant_id, owner, id)`);
      schema.sql(`create index on core.file (tenant_id, subject) where subject is not null`);
      schema.sql(`create index on core.file (tenant_id, expires_at) where expires_at is not null`);
      schema.privacy('file', {
        id: 'none',
        kind: 'none',
        name: NAMED,
        subject: SUBJECT,
        erasure: 'none',
        listed: 'none',
        expires_at: 'none',
      });
    },
  },
];
