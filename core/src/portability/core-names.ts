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
