import type { CoreMigration, SchemaBuilder } from '../../data/index.ts';
import { AUTH_PRIVACY, AUTH_TABLES } from './auth-tables.ts';
import { CHECKS, LOOK_UP_KEY } from './checks.ts';

/** Tables of core that stand beside better-auth's. Written by `podlift_auth` alone, so that a hole elsewhere makes no operator. */
export const migrations: readonly CoreMigration[] = [
  {
    name: 'identity/0001_operator',
    up(schema) {
      schema.directoryTable({
        name: 'operator',
        columns: { user_id: 'text not null', since: 'timestamptz not null', granted_by: 'text not null' },
        primaryKey: ['user_id'],
        privacy: {
          user_id: { category: 'pseudonymous', subject: 'user', purpose: 'account', erasure: 'delete' },
          since: 'none',
          granted_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
        },
        grants: [],
      });
      schema.directoryTable({
        name: 'setup_token',
        columns: {
          hash: 'text not null',
          created_at: 'timestamptz not null',
          expires_at: 'timestamptz not null',
          used_at: 'timestamptz',
        },
        primaryKey: ['hash'],
        privacy: { hash: 'secret', created_at: 'none', expires_at: 'none', used_at: 'none' },
        grants: [],
      });
      schema.sql(`
        grant usage on schema core to podlift_auth;
        grant select, insert, update, delete on core.operator, core.setup_token to podlift_auth;
      `);
    },
  },
  {
    name: 'identity/0002_invitation',
    up(schema) {
      schema.directoryTable({
        name: 'invitation',
        columns: {
          id: 'uuid not null',
          tenant_id: 'uuid not null',
          email: 'text not null',
          role: 'text not null',
          hash: 'text not null',
          invited_by: 'text not null',
          created_at: 'timestamptz not null',
          expires_at: 'timestamptz not null',
          used_at: 'timestamptz',
        },
        unique: [['tenant_id', 'email'], ['hash']],
        foreignKeys: [{ columns: ['tenant_id'], references: 'tenants', onDelete: 'cascade', directory: true }],
        privacy: {
          id: 'none',
          tenant_id: 'none',
          email: { category: 'personal', subject: 'user', purpose: 'invitation', erasure: 'delete' },
          role: 'none',
          hash: 'secret',
          invited_by: { category: 'pseudonymous', subject: 'user', purpose: 'accountability', erasure: 'keep' },
          created_at: 'none',
          expires_at: 'none',
          used_at: 'none',
        },
        grants: [],
      });
      schema.sql('grant select, insert, update, delete on core.invitation to podlift_auth');
    },
  },
  {
    name: 'identity/0003_letters',
    up(schema) {
      const account = { category: 'pseudonymous', subject: 'user', purpose: 'account', erasure: 'delete' } as const;
      schema.directoryTable({
        name: 'address_token',
        columns: {
          hash: 'text not null',
          user_id: 'text not null',
          email: 'text not null',
          expires_at: 'timestamptz not null',
        },
        primaryKey: ['hash'],
        privacy: {
          hash: 'secret',
          user_id: account,
          email: { ...account, category: 'personal' },
          expires_at: 'none',
        },
        grants: [],
      });
      schema.directoryTable({
        name: 'known_device',
        columns: {
          user_id: 'text not null',
          hash: 'text not null',
          first_seen: 'timestamptz not null',
          last_seen: 'timestamptz not null',
        },
        primaryKey: ['user_id', 'hash'],
        privacy: { user_id: account, hash: 'secret', first_seen: account, last_seen: account },
        grants: [],
      });
      schema.sql('grant select, insert, update, delete on core.address_token, core.known_device to podlift_auth');
    },
  },
  {
    name: 'identity/0004_names',
    up(schema) {
      schema.privacy('address_token', { user_id: OF_USER, email: { ...ACCOUNT, identifies: 'email' } });
      schema.privacy('known_device', { user_id: OF_USER });
      // Who erases a person removes their links and devices too.
      schema.sql('grant select, update, delete on core.address_token, core.known_device to podlift_system');
    },
  },
];

const ACCOUNT = { category: 'personal', subject: 'user', purpose: 'account', erasure: 'delete' } as const;
const OF_USER = { ...ACCOUNT, category: 'pseudonymous', identifies: 'user' } as const;

/** By which columns the rows of a person are found. Who invited is another person than who was invited. */
function nameAccounts(schema: SchemaBuilder): void {
  schema.privacy('user', { id: OF_USER, email: { ...ACCOUNT, identifies: 'email' } });
  for (const table of ['session', 'account', 'member']) schema.privacy(table, { userId: OF_USER });
  schema.privacy('invitation', {
    email: { ...ACCOUNT, identifies: 'email' },
    inviterId: { ...OF_USER, erasure: 'keep', party: 'inviter' },
  });
  schema.privacy('apikey', { metadata: { ...ACCOUNT, category: 'pseudonymous', erasure: 'clear' } });
}

/** The schema `auth`: an owner of its own in the ledger. Runs after core's. */
export const authMigrations: readonly CoreMigration[] = [
  {
    name: '0001_better_auth_1_7_25',
    up(schema) {
      schema.sql(AUTH_TABLES);
      for (const [table, columns] of Object.entries(AUTH_PRIVACY)) schema.privacy(table, columns);
    },
  },
  {
    name: '0002_one_membership',
    up(schema) {
      schema.sql(`
        create unique index "member_one_per_person" on "member" ("organizationId", "userId");
        create unique index "apikey_key_unique" on "apikey" ("key");
      `);
    },
  },
  { name: '0003_checks', up: (schema) => schema.sql(CHECKS) },
  { name: '0004_names', up: nameAccounts },
  { name: '0005_key_makers', up: (schema) => schema.sql(LOOK_UP_KEY) },
];
