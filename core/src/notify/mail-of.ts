import type { Config } from '../config/index.ts';
import type { Tenant } from '../tenancy/index.ts';
import type { Delivery } from './deliveries.ts';
import { DIGEST_ITEMS, WORKSPACE } from './limits.ts';
import { compose, messageIdOf } from './mail/compose.ts';
import type { Mail } from './mail/mail.ts';
import type { Reader } from './people.ts';
import { render, type Rendered } from './render.ts';
import type { UnsubscribeTokens } from './unsubscribe.ts';
import { say } from './words.ts';

/** What every mail of a tenant needs to know. */
export interface MailPlace {
  readonly config: Pick<Config, 'publicUrl' | 'baseDomain'>;
  readonly tenant: Pick<Tenant, 'id' | 'slug' | 'name'>;
  readonly tokens: UnsubscribeTokens;
}

/** The address of a page of the tenant. */
export function pageUrl({ config, tenant }: Pick<MailPlace, 'config' | 'tenant'>, link: string): string {
  const own = new URL(config.publicUrl);
  if (config.baseDomain) own.hostname = `${tenant.slug}.${config.baseDomain}`;
  return `${own.origin}${link}`;
}

/** Names this installation in Message-ID. */
export const mailHost = ({ publicUrl }: Pick<Config, 'publicUrl'>): string => new URL(publicUrl).hostname;

/** The mail that carries one message. */
export function mailOf(
  place: MailPlace,
  delivery: Delivery,
  reader: Reader,
  languages: readonly string[],
): Promise<Mail> {
  const { spec, data, notificationId } = delivery;
  const { language, title, body, link } = render(spec, data, ...languages);
  return compose(messageIdOf(notificationId, reader.email, mailHost(place.config)), addressOf(reader), {
    language,
    subject: title,
    body,
    action: link === undefined ? undefined : { label: say('open', language), url: pageUrl(place, link) },
    ...footOf(place, language, reader.userId, spec.category === 'security' ? undefined : spec.category),
  });
}

/** The mail that carries a day. `id` names it; newest first. */
export function digestOf(
  place: MailPlace,
  id: string,
  deliveries: readonly Delivery[],
  reader: Reader,
  languages: readonly string[],
): Promise<Mail> {
  const rendered = deliveries.slice(0, DIGEST_ITEMS).map(({ spec, data }) => render(spec, data, ...languages));
  const language = rendered[0]?.language ?? 'en';
  const count = deliveries.length;
  const more = count - rendered.length;
  const categories = new Set(deliveries.map(({ spec }) => spec.category));
  const [only] = categories.size === 1 ? categories : [];
  return compose(messageIdOf(id, reader.email, mailHost(place.config)), addressOf(reader), {
    language,
    subject: say(count === 1 ? 'digestOne' : 'digestSubject', language, { workspace: place.tenant.name, count }),
    body: more > 0 ? say('digestMore', language, { count: more }) : '',
    items: rendered.map((one) => toItem(place, one)),
    // A day of several kinds is ended by its most frequent reason to write: activity.
    ...footOf(place, language, reader.userId, only ?? 'activity'),
  });
}

const toItem = (place: MailPlace, { title, body, link }: Rendered) => ({
  title,
  body,
  url: link === undefined ? undefined : pageUrl(place, link),
});

const addressOf = ({ email, name }: Reader): Mail['to'] => ({ address: email, name });

function footOf(
  { config, tenant, tokens }: MailPlace,
  language: string,
  user: string,
  category: Delivery['spec']['category'] | undefined,
) {
  const foot = say('foot', language, { workspace: tenant.name });
  if (category === undefined || user === WORKSPACE) return { foot };
  const token = tokens.sign({ tenant: tenant.id, user, category, channel: 'mail' });
  const label = say('unsubscribe', language, { category: say(category, language) });
  return { foot, unsubscribe: { label, url: `${config.publicUrl}/unsubscribe?token=${token}` } };
}
