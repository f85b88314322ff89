import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Config } from '../../config/index.ts';
import { problem, rawRoute, type CoreRoute, type HttpEnv } from '../../http/index.ts';
import { plainPage, type Identity } from '../../identity/index.ts';
import type { KeptMail, Mailbox } from './mailbox.ts';

const OPEN = { permission: 'public', tenant: 'none', idempotency: 'off' } as const;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

export interface MailboxRouteDeps {
  readonly mailbox: Mailbox;
  readonly config: Pick<Config, 'publicUrl'>;
  readonly identity: Pick<Identity, 'authenticate' | 'origins'>;
}

/**
 * Shows the mails that were kept instead of sent, on installations for development. Links in them open accounts, so only an
 * operator sees them, or a browser on this very machine when nobody else is served: asked for by a name of this machine.
 */
export function mailboxRoutes({ mailbox, config, identity }: MailboxRouteDeps): CoreRoute[] {
  const ownIsLocal = LOOPBACK.has(new URL(config.publicUrl).hostname);
  const assertMay = async (c: Context<HttpEnv>): Promise<void> => {
    const { host } = c.get('origin');
    const named = URL.canParse(`http://${host}`) && LOOPBACK.has(new URL(`http://${host}`).hostname);
    const passed = ['x-forwarded-for', 'forwarded', 'via'].some((name) => c.req.raw.headers.has(name));
    if (ownIsLocal && named && !passed && isLoopback(c.get('ip'))) return;
    const who = await identity.authenticate(c.req.raw).catch(() => undefined);
    if (who?.kind === 'session' && who.operator) return;
    throw problem(404, 'http.not_found', 'There is nothing here');
  };
  const get = (path: string, handler: (c: Context<HttpEnv>) => Promise<Response>): CoreRoute =>
    rawRoute({ ...OPEN, methods: ['GET'], path }, async (c) => {
      await assertMay(c);
      return handler(c);
    });
  const find = async (c: Context<HttpEnv>): Promise<KeptMail> => {
    const id = c.req.param('id') ?? '';
    const mail = /^[0-9a-f-]{36}$/.test(id) ? await mailbox.get(id) : undefined;
    if (!mail) throw problem(404, 'http.not_found', 'There is no such mail');
    return mail;
  };

  return [
    get('/mailbox', async () => listPage(await mailbox.list())),
    get('/mailbox/:id', async (c) => mailPage(await find(c))),
    get('/mailbox/:id/html', async (c) => bodyOf(await find(c))),
    rawRoute({ ...OPEN, methods: ['POST'], path: '/mailbox/clear', bodyLimit: 1024 }, async (c) => {
      await assertMay(c);
      if (!identity.origins.isOwn(c.req.raw, c.get('origin').host))
        throw problem(403, 'identity.cross_site', 'The form comes from a page of another site');
      await mailbox.clear();
      return new Response(null, { status: 303, headers: { location: '/mailbox' } });
    }),
  ];
}

const isLoopback = (ip: string): boolean => ip === '::1' || /^(::ffff:)?127\./.test(ip);

const at = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const listPage = (mails: readonly KeptMail[]): Promise<Response> =>
  plainPage(
    'Mailbox',
    html`<h1>Mailbox</h1>
      <p class="lead">Mails of this installation stay here, because no mail server is configured (PODLIFT_SMTP_URL).</p>
      ${
        mails.length === 0
          ? html`<p>There is no mail yet.</p>`
          : html`<table>
                <thead>
                  <tr>
                    <th scope="col">Subject</th>
                    <th scope="col">To</th>
                    <th scope="col">When</th>
                  </tr>
                </thead>
                <tbody>
                  ${mails.map(
                    (mail) =>
                      html`<tr>
                        <td><a href="/mailbox/${mail.id}">${mail.subject}</a></td>
                        <td>${mail.to}</td>
                        <td>${at(mail.createdAt)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
              <form method="post" action="/mailbox/clear"><button type="submit">Empty the mailbox</button></form>`
      }`,
    200,
    'wide',
  );

/** The mail itself stands in a frame without any rights; its links are listed beside it, because they lead nowhere in there. */
const mailPage = (mail: KeptMail): Promise<Response> =>
  plainPage(
    mail.subject,
    html`<p><a href="/mailbox">← Mailbox</a></p>
      <h1>${mail.subject}</h1>
      <dl>
        <dt>From</dt>
        <dd>${mail.from}</dd>
        <dt>To</dt>
        <dd>${mail.to}</dd>
        <dt>When</dt>
        <dd>${at(mail.createdAt)}</dd>
        <dt>Message-ID</dt>
        <dd>${mail.messageId}</dd>
      </dl>
      ${linksOf(mail.text).map((link) => html`<p><a rel="noreferrer" href="${link}">${link}</a></p>`)}
      <iframe sandbox="" title="The mail as a mail program shows it" src="/mailbox/${mail.id}/html"></iframe>
      <h2>As plain text</h2>
      <pre>${mail.text}</pre>`,
    200,
    'wide',
  );

/** Only addresses of the web: a mail cannot bring a link that runs something. */
const linksOf = (text: string): string[] => [...new Set(text.match(/https?:\/\/[^\s<>"]+/g) ?? [])];

/** May show itself and do nothing: no script, no form, no request, no way out of its frame. */
const bodyOf = ({ html: body }: KeptMail): Response =>
  new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  });
