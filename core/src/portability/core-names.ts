import type { SchemaBuilder } from '../data/index.ts';

const USER = { category: 'pseudonymous', subject: 'user', identifies: 'user' } as const;
const ACTED = { ...USER, purpose: 'accountability', erasure: 'keep' } as const;
/** Written as `user:<id>`. */
const BY = { ...ACTED, identifies: 'qualified' } as const;
const EMAIL = { category: 'personal', subject: 'user', identifies: 'email' } as const;

const FILE = { subject: 'person', purpose: 'export and erase the files about a person', erasure: 'delete' } as const;

/** Which columns of older tables of the host name a person. What they hold was declared with the tables. */
export function nameCore(schema: SchemaBuilder): void {
  schema.privacy('operator', { user_id: { ...USER, purpose: 'account', erasure: 'delete' } });
  schema.privacy('invitation', {
    email: { ...EMAIL, purpose: 'invitation', erasure: 'delete' },
    invited_by: { ...ACTED, identifies: 'qualified', party: 'inviter' },
  });
  schema.privacy('setting', { updated_by: BY });
  schema.privacy('setting_history', { changed_by: BY });
  schema.privacy('secret', { updated_by: BY });
  schema.privacy('plugin_tenant', { updated_by: BY });
  schema.privacy('plugin_grant', { updated_by: BY });
  schema.privacy('tenant_export', { requested_by: BY });
  schema.privacy('privacy_request', { requested_by: BY });
  schema.privacy('idempotency', {
    actor: {
      ...USER,
      identifies: 'qualified',
      purpose: 'repeat a request safely',
      erasure: 'delete',
      retentionDays: 1,
    },
  });
  schema.privacy('audit', { actor_id: ACTED });
  schema.privacy('operator_audit', { actor_id: ACTED });
  schema.privacy('file', {
    id: { ...FILE, category: 'pseudonymous', identifies: 'file' },
    subject: { ...FILE, category: 'personal', identifies: 'qualified' },
  });
}

/** As the messages were declared. */
const MESSAGE_DAYS = 90;
const READER = { ...USER, purpose: 'notification', erasure: 'delete' } as const;
const MESSAGE = {
  category: 'personal',
  subject: 'user',
  purpose: 'notification',
  erasure: 'delete',
  mentions: true,
} as const;

/** Messages are their reader's, and may name somebody else. */
export function nameMessages(schema: SchemaBuilder): void {
  for (const table of ['inbox', 'notify_preference', 'notify_profile']) schema.privacy(table, { user_id: READER });
  for (const table of ['inbox_item', 'notify_delivery'])
    schema.privacy(table, { user_id: { ...READER, retentionDays: MESSAGE_DAYS } });
  const said = { ...MESSAGE, retentionDays: MESSAGE_DAYS };
  schema.privacy('inbox_item', { title: said, body: said, link: said });
}

/** What finds a person's own row in a plugin bears the id of that row. */
export function nameFound(schema: SchemaBuilder): void {
  schema.privacy('search_entry', {
    id: {
      category: 'pseudonymous',
      subject: 'customer',
      purpose: 'find a thing again',
      erasure: 'delete',
      identifies: '*',
    },
  });
}
