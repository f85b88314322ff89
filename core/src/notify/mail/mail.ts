/** A mail, finished. */
export interface Mail {
  /** The same for every attempt, so that who gets it twice sees it once: `<…@host>`. */
  readonly messageId: string;
  readonly to: { readonly address: string; readonly name?: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where one click ends such mails; absent for mails that nobody can end. */
  readonly unsubscribe?: string;
}

/** How mails leave this installation. */
export interface MailDriver {
  readonly kind: 'smtp' | 'mailbox' | 'none';
  /** Who they come from. */
  readonly from: string;
  /** Hands a mail over; returns what the other side said. @throws MailFailure */
  send(mail: Mail): Promise<string>;
  /** Whether a mail would leave now, in a sentence. */
  check(): Promise<{ readonly ok: boolean; readonly note: string }>;
  close(): Promise<void>;
}

/** A mail that did not leave. What is permanent is not tried again. */
export class MailFailure extends Error {
  readonly permanent: boolean;

  constructor(message: string, permanent: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'MailFailure';
    this.permanent = permanent;
  }
}
