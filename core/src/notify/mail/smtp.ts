import type { SMTPPoolOptions, SMTPPoolSentMessageInfo, Transporter } from 'nodemailer';
import { checkAddress, senderText, type Sender } from './address.ts';
import { MailFailure, type Mail, type MailDriver } from './mail.ts';

export interface SmtpOptions {
  /**
   * `smtps://` speaks TLS from the start. `smtp://` must be able to turn to TLS (STARTTLS), except on this very machine.
   * `smtp+plain://` never does, and takes no password along.
   */
  readonly url: string;
  readonly from: Sender;
  /** Certificates that are trusted besides the usual ones. */
  readonly ca?: string;
  /** For tests of slow servers. */
  readonly timeoutMs?: number;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const CONNECTIONS = 4;
const TIMEOUT_MS = 20_000;
/** A mail server that takes its time over the mail itself is not at fault. */
const SOCKET_MS = 60_000;

/** The connection options that an address stands for. @throws Error when it asks for something unsafe. */
export function smtpOptions({ url, ca, timeoutMs = TIMEOUT_MS }: SmtpOptions): SMTPPoolOptions & { pool: true } {
  const { protocol, hostname, port, username, password } = new URL(url);
  const plain = protocol === 'smtp+plain:';
  const local = LOOPBACK.has(hostname);
  if (plain && username)
    throw new Error(
      'smtp+plain:// sends everything in the clear, so no password may stand in it; use smtp:// or smtps://.',
    );
  const secure = protocol === 'smtps:';
  return {
    pool: true,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port ? Number(port) : secure ? 465 : plain ? 25 : 587,
    secure,
    ignoreTLS: plain,
    requireTLS: !plain && !secure && !local,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: !local || secure, ...(ca && { ca }) },
    ...(username && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    maxConnections: CONNECTIONS,
    maxMessages: 100,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: Math.max(timeoutMs, timeoutMs === TIMEOUT_MS ? SOCKET_MS : timeoutMs),
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Hands mails to a mail server, over a few connections that are kept. */
export function createSmtpDriver(options: SmtpOptions): MailDriver {
  const { from } = options;
  const settings = smtpOptions(options);
  let made: Promise<Transporter<SMTPPoolSentMessageInfo>> | undefined;
  // Loaded with the first mail: most processes send none.
  const transport = () => (made ??= import('nodemailer').then(({ createTransport }) => createTransport(settings)));
  const { host } = new URL(options.url);
  return {
    kind: 'smtp',
    from: senderText(from),
    async send(mail) {
      try {
        const { response } = await (await transport()).sendMail(toMessage(mail, from));
        return response;
      } catch (error) {
        throw toFailure(error, host);
      }
    },
    async check() {
      try {
        await (await transport()).verify();
        return { ok: true, note: `The mail server ${host} answers.` };
      } catch (error) {
        return { ok: false, note: toFailure(error, host).message };
      }
    },
    async close() {
      (await made)?.close();
    },
  };
}

/** Addresses are looked at once more: whatever a caller did, none of them becomes two or a header. */
function toMessage({ messageId, to, subject, text, html, unsubscribe }: Mail, from: Sender) {
  return {
    messageId,
    from: { name: from.name, address: from.address },
    to: { name: to.name ?? '', address: checkAddress(to.address) },
    // What stands here instead of the recipients of the headers: one person per mail.
    envelope: { from: from.address, to: to.address },
    subject,
    text,
    html,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(unsubscribe && {
        'List-Unsubscribe': `<${unsubscribe}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly command?: unknown;
  readonly message?: unknown;
}

/** Stages at which a server speaks about this mail and not about itself. */
const ABOUT_THE_MAIL = /^(MAIL FROM|RCPT TO|DATA|BDAT|API)/;

/** What went wrong in words, and whether trying again can help: only a 5xx about this very mail is final. */
export function toFailure(error: unknown, host: string): MailFailure {
  if (error instanceof MailFailure) return error;
  // Errors of the library are objects with these fields; what is missing is undefined.
  const { code, responseCode, command, message } = (error ?? {}) as SmtpError;
  const said = String(message ?? error)
    .replace(/\s+/g, ' ')
    .slice(0, 500);
  const stage = typeof command === 'string' ? ` at ${command}` : '';
  const aboutMail = typeof command === 'string' && ABOUT_THE_MAIL.test(command);
  const final = typeof responseCode === 'number' && responseCode >= 500 && aboutMail && code !== 'EAUTH';
  const invalid = error instanceof Error && 'code' in error && error.code === 'notify.address_invalid';
  return new MailFailure(invalid ? said : `${host}${stage}: ${said}`, final || invalid, error);
}
