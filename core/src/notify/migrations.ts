import type { CoreMigration } from '../data/index.ts';
import { NOTIFICATION_RETENTION_DAYS as retentionDays } from './limits.ts';

const reader = { category: 'pseudonymous', subject: 'user', purpose: 'notification', erasure: 'delete' } as const;
const about = { category: 'personal', subject: 'user', purpose: 'notification', erasure: 'delete' } as const;

/** Messages, inboxes, what people chose, and how each delivery went. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'notify/0001_notifications',
    up(schema) {
      schema.tenantTable({
        name: 'notification',
        columns: {
          id: 'uuid not null',
          kind: 'text not null',
          key: 'text',
          spec: 'jsonb not null',
          recipients: 'jsonb not null',
          data: 'jsonb not null',
          created_at: 'timestamptz not null',
        },
        unique: [['kind', 'key']],
        privacy: {
          id: 'none',
          kind: 'none',
          key: 'none',
          spec: 'none',
          recipients: { ...reader, erasure: 'keep', retentionDays },
          data: { ...about, erasure: 'keep', retentionDays },
          created_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'inbox',
        columns: { user_id: 'text not null', version: 'bigint not null' },
        primaryKey: ['user_id'],
        privacy: { user_id: reader, version: 'none' },
      });
      schema.tenantTable({
        name: 'inbox_item',
        columns: {
          user_id: 'text not null',
          id: 'uuid not null',
          version: 'bigint not null',
          kind: 'text not null',
          category: 'text not null',
          severity: 'text not null',
          title: 'text not null',
          body: 'text not null',
          link: 'text',
          created_at: 'timestamptz not null',
          read_at: 'timestamptz',
          archived_at: 'timestamptz',
        },
        primaryKey: ['user_id', 'id'],
        indexes: [
          ['user_id', 'version'],
          { columns: ['user_id', 'id'], where: 'read_at is null and archived_at is null' },
        ],
        privacy: {
          user_id: { ...reader, retentionDays },
          id: 'none',
          version: 'none',
          kind: 'none',
          category: 'none',
          severity: 'none',
          title: { ...about, retentionDays },
          body: { ...about, retentionDays },
          link: { ...about, retentionDays },
          created_at: 'none',
          read_at: 'none',
          archived_at: 'none',
        },
      });
      schema.tenantTable({
        name: 'notify_preference',
        columns: {
          user_id: 'text not null',
          category: 'text not null',
          channel: 'text not null',
          enabled: 'boolean not null',
        },
        primaryKey: ['user_id', 'category', 'channel'],
        privacy: { user_id: reader, category: 'none', channel: 'none', enabled: 'none' },
      });
      schema.tenantTable({
        name: 'notify_profile',
        columns: {
          user_id: 'text not null',
          language: 'text',
          time_zone: 'text',
          quiet_from: 'integer',
          quiet_to: 'integer',
          digest: 'boolean not null default true',
          digest_hour: 'integer not null default 8',
          version: 'integer not null default 1',
        },
        primaryKey: ['user_id'],
        privacy: {
          user_id: reader,
          language: about,
          time_zone: about,
          quiet_from: about,
          quiet_to: about,
          digest: 'none',
          digest_hour: 'none',
          version: 'none',
        },
      });
      schema.tenantTable({
        name: 'notify_delivery',
        columns: {
          id: 'uuid not null',
          notification_id: 'uuid not null',
          user_id: 'text not null',
          channel: 'text not null',
          state: 'text not null',
          due_at: 'timestamptz not null',
          attempts: 'integer not null default 0',
          error: 'text',
          created_at: 'timestamptz not null',
          ended_at: 'timestamptz',
        },
        unique: [['notification_id', 'user_id', 'channel']],
        checks: { notify_delivery_state: "state in ('waiting', 'digest', 'sent', 'failed', 'skipped')" },
        indexes: [['state', 'id'], { columns: ['user_id', 'channel', 'due_at'], where: "state = 'digest'" }],
        privacy: {
          id: 'none',
          notification_id: 'none',
          user_id: { ...reader, retentionDays },
          channel: 'none',
          state: 'none',
          due_at: 'none',
          attempts: 'none',
          error: { ...about, retentionDays },
          created_at: 'none',
          ended_at: 'none',
        },
      });
    },
  },
  {
    name: 'notify/0002_letters',
    up(schema) {
      // Mails of the installation itself, to people as such: they belong to no tenant. What they say is sealed.
      schema.directoryTable({
        name: 'letter',
        columns: {
          id: 'uuid not null',
          kind: 'text not null',
          key: 'text',
          sealed: 'text not null',
          state: 'text not null',
          due_at: 'timestamptz not null',
          expires_at: 'timestamptz not null',
          attempts: 'integer not null default 0',
          error: 'text',
          created_at: 'timestamptz not null',
        },
        unique: [['key']],
        indexes: [{ columns: ['due_at'], where: "state = 'waiting'" }],
        privacy: {
          id: 'none',
          kind: 'none',
          key: 'none',
          sealed: { category: 'secret', subject: 'user', purpose: 'account', erasure: 'keep', retentionDays: 7 },
          state: 'none',
          due_at: 'none',
          expires_at: 'none',
          attempts: 'none',
          error: { ...about, erasure: 'keep', retentionDays: 7 },
          created_at: 'none',
        },
        grants: ['select', 'insert', 'update', 'delete'],
      });
      // Where mails go while no mail server is configured, outside production only.
      schema.directoryTable({
        name: 'mailbox',
        columns: {
          id: 'uuid not null',
          message_id: 'text not null',
          sender: 'text not null',
          recipient: 'text not null',
          subject: 'text not null',
          text: 'text not null',
          html: 'text not null',
          created_at: 'timestamptz not null',
        },
        privacy: {
          id: 'none',
          message_id: 'none',
          sender: 'none',
          recipient: { ...about, erasure: 'keep', retentionDays: 7 },
          subject: { ...about, erasure: 'keep', retentionDays: 7 },
          text: { ...about, erasure: 'keep', retentionDays: 7 },
          html: { ...about, erasure: 'keep', retentionDays: 7 },
          created_at: 'none',
        },
        grants: ['select', 'insert', 'update', 'delete'],
      });
    },
  },
  {
    // An exchange of the master key seals letters on their way anew.
    name: 'notify/0003_letters_sealed_anew',
    up: (schema) => schema.sql('grant select, update on core.letter to podlift_system'),
  },
];
