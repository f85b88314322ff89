import type { People, Reader } from '@podlift/core/notify';
import type { Role } from '@podlift/sdk';
import type { TestDatabase } from '../postgres.ts';

/** Somebody who belongs to every tenant of a test. */
export interface TestMember {
  readonly id: string;
  /** `owner` when absent. */
  readonly role?: Role;
  /** `<id>@podlift.test` when absent. */
  readonly email?: string;
  readonly name?: string;
}

/** A message that a person has got, as a test looks at it. */
export interface SentMessage {
  /** `<plugin>/<name>` of its kind. */
  readonly kind: string;
  /** The id of the person. */
  readonly to: string;
  readonly title: string;
  readonly body: string;
  readonly severity: string;
  readonly link: string | null;
}

/** A mail that would have left. */
export interface SentMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const MESSAGES = `select kind, user_id as "to", title, body, severity, link from core.inbox_item where tenant_id = $1 order by id, user_id`;
const MAILS = 'select recipient as "to", subject, text, html from core.mailbox order by id';

/** The members of every tenant, for who gets messages. */
export const createTestPeople = (members: readonly TestMember[]): People => ({
  readers: async () =>
    members.map(({ id, role = 'owner', email = `${id}@podlift.test`, name = id }): Reader => {
      return { userId: id, email, name, role, verified: true };
    }),
  operators: async () => [],
});

/** What is in the inboxes of a tenant, oldest first. */
export const readMessages = (database: TestDatabase, tenant: string): Promise<SentMessage[]> =>
  database.admin<SentMessage & Record<string, unknown>>(MESSAGES, [tenant]);

/** Every mail of the installation, oldest first. */
export const readMails = (database: TestDatabase): Promise<SentMail[]> =>
  database.admin<SentMail & Record<string, unknown>>(MAILS);
