import { html } from 'hono/html';
import type { Audit } from '../audit/index.ts';
import type { Database } from '../data/index.ts';
import { rawRoute, type CoreRoute } from '../http/index.ts';
import { plainPage } from '../identity/index.ts';
import type { NotifyDeps } from './deps.ts';
import { saveChoices } from './preferences.ts';
import type { UnsubscribeTokens, Unsubscription } from './unsubscribe.ts';
import { say } from './words.ts';

const OPEN = { permission: 'public', tenant: 'none', idempotency: 'off', ratePerMinute: 30 } as const;
const PATH = '/unsubscribe';

export interface UnsubscribeRouteDeps extends Pick<NotifyDeps, 'tenancy'> {
  readonly database: Database;
  readonly tokens: UnsubscribeTokens;
  readonly audit: Pick<Audit, 'record'>;
}

/**
 * The page behind the link at the end of a mail, and the one click of RFC 8058 that mail programs send. Looking changes
 * nothing, because scanners look at every link; the form and the click do, without signing in and from anywhere.
 */
export function unsubscribeRoutes({ database, tokens, tenancy, audit }: UnsubscribeRouteDeps): CoreRoute[] {
  const nameOf = async ({ tenant }: Unsubscription): Promise<string> => (await tenancy.byId(tenant))?.name ?? 'Podlift';
  return [
    rawRoute({ ...OPEN, methods: ['GET'], path: PATH }, async (c) => {
      const token = c.req.query('token') ?? '';
      const what = tokens.open(token);
      if (!what) return unknownPage();
      const category = say(what.category, 'en');
      return plainPage(
        'Fewer mails',
        html`<h1>No more mails about ${category}?</h1>
          <p class="lead">
            From ${await nameOf(what)}. Your inbox there still has them, and you can change your mind in the settings.
          </p>
          <form method="post" action="${PATH}?token=${token}"><button type="submit">Stop these mails</button></form>`,
      );
    }),
    rawRoute({ ...OPEN, methods: ['POST'], path: PATH, bodyLimit: 16_384 }, async (c) => {
      const what = tokens.open(c.req.query('token') ?? '');
      if (!what) return unknownPage();
      const { tenant, user, category, channel } = what;
      if (await tenancy.byId(tenant))
        await database.withTenant({ tenant }, async (tx) => {
          await saveChoices(tx, user, [{ category, channel, enabled: false }]);
          await audit.record(tx, {
            tenant,
            actor: { kind: 'user', id: user },
            action: 'notifications.unsubscribed',
            target: `user:${user}`,
            details: { category, channel },
          });
        });
      return plainPage(
        'Done',
        html`<h1>Done</h1>
          <p class="lead">You get no more mails about ${say(category, 'en')} from ${await nameOf(what)}.</p>`,
      );
    }),
  ];
}

const unknownPage = (): Promise<Response> =>
  plainPage(
    'Link not valid',
    html`<h1>This link does not open anything</h1>
      <p class="lead">It was not copied whole. The settings of your account end mails too.</p>`,
    403,
  );
