import { senderText, type Sender } from './address.ts';
import { MailFailure, type MailDriver } from './mail.ts';

const WHY = 'No mail server is configured; set PODLIFT_SMTP_URL.';

/** A production installation without a mail server: every mail fails, and says why. */
export const createNoMail = (from: Sender): MailDriver => ({
  kind: 'none',
  from: senderText(from),
  send: () => Promise.reject(new MailFailure(WHY, true)),
  check: async () => ({ ok: false, note: WHY }),
  close: async () => undefined,
});
