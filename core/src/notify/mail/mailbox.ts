import { uuidv7 } from '@podlift/sdk';
import type { Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import { checkAddress, senderText, type Sender } from './address.ts';
import type { MailDriver } from './mail.ts';

/** A mail that was kept instead of sent. */
export interface KeptMail {
  readonly id: string;
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly createdAt: Date;
}

/** Mails that stay here, for development: the newest so many, for a week. */
export interface Mailbox {
  readonly driver: MailDriver;
  /** Newest first. */
  list(): Promise<KeptMail[]>;
  get(id: string): Promise<KeptMail | undefined>;
  clear(): Promise<number>;
}

const MOST = 200;
const KEPT_MS = 7 * 24 * 3600 * 1000;

const COLUMNS = `id, message_id as "messageId", sender as "from", recipient as "to", subject, text, html, created_at as "createdAt"`;
const KEEP = `insert into core.mailbox (id, message_id, sender, recipient, subject, text, html, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
const TRIM = `delete from core.mailbox where created_at < $1 or id in (select id from core.mailbox order by id desc offset $2)`;
const LIST = `select ${COLUMNS} from core.mailbox order by id desc`;
const GET = `select ${COLUMNS} from core.mailbox where id = $1`;

/** A driver that keeps mails in the database instead of sending them. */
export function createMailbox({
  database,
  clock,
  from,
}: {
  readonly database: Pick<Database, 'query'>;
  readonly clock: Clock;
  readonly from: Sender;
}): Mailbox {
  return {
    driver: {
      kind: 'mailbox',
      from: senderText(from),
      async send({ messageId, to, subject, text, html }) {
        const now = clock.now();
        const address = checkAddress(to.address);
        const recipient = to.name ? `${to.name} <${address}>` : address;
        const values = [uuidv7(now), messageId, senderText(from), recipient, subject, text, html, new Date(now)];
        await database.query(KEEP, values);
        await database.query(TRIM, [new Date(now - KEPT_MS), MOST]);
        return 'kept in the mailbox';
      },
      check: async () => ({ ok: true, note: 'Mails stay in the mailbox of this installation.' }),
      close: async () => undefined,
    },
    list: () => database.query<KeptMail>(LIST),
    get: async (id) => (await database.query<KeptMail>(GET, [id]))[0],
    clear: async () => (await database.query('delete from core.mailbox returning id')).length,
  };
}
