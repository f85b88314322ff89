/** @module Where a visitor came from: campaign parameters, a tracking link, a speakable address, a referrer. */

import { isFields, textOf, type Fields } from './fields.ts';

/** What the event says of its way to the page. All in lower case except the slug. */
export interface Landing {
  readonly source: string | undefined;
  readonly medium: string | undefined;
  readonly campaign: string | undefined;
  /** The slug of the tracking link that was followed, from the parameter `plc`. */
  readonly slug: string | undefined;
  /** Host and path of the page, without `www.` and a closing slash. */
  readonly address: string | undefined;
  readonly referrer: string | undefined;
}

/** The parameter with which our links name themselves. */
export const LINK_PARAMETER = 'plc';
const HOST_AND_PATH = /^https?:\/\/(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)(?::\d+)?([^?#]*)/i;

/** Reads context.campaign and the page's address; undefined when there is neither. */
export function tryLanding(context: Fields, properties: Fields): Landing | undefined {
  const campaign = fieldsOf(context['campaign']);
  const page = fieldsOf(context['page']);
  const url = textOf(page?.['url']) ?? textOf(properties['url']);
  const referrer = textOf(page?.['referrer']) ?? textOf(properties['referrer']);
  const slug = textOf(properties['link']);
  if (!campaign && url === undefined && referrer === undefined && slug === undefined) return undefined;
  const query =
    url !== undefined && !campaign && /[?&](?:utm_|plc=)/.test(url)
      ? queryOf(url)
      : url?.includes(`${LINK_PARAMETER}=`)
        ? queryOf(url)
        : undefined;
  const where = url === undefined ? null : HOST_AND_PATH.exec(url);
  return {
    source: wordOf(campaign?.['source'] ?? query?.get('utm_source')),
    medium: wordOf(campaign?.['medium'] ?? query?.get('utm_medium')),
    campaign: wordOf(campaign?.['name'] ?? query?.get('utm_campaign')),
    referrer: wordOf(referrer === undefined ? undefined : HOST_AND_PATH.exec(referrer)?.[1]),
    address: where?.[1] === undefined ? undefined : addressOf(where[1], where[2] ?? ''),
    slug: textOf(slug ?? query?.get(LINK_PARAMETER))?.slice(0, 64),
  };
}

/** Host and path as vanity addresses are compared. The look behind keeps a long run of slashes from being tried from each of them. */
const addressOf = (host: string, path: string): string => `${host}${path}`.toLowerCase().replace(/(?<!\/)\/+$/, '');

/** A name for where a visitor came from who came by no campaign of ours. */
export function channelOf(landing: Landing | undefined): string {
  if (!landing) return 'direct';
  const { source, medium, referrer, address } = landing;
  if (source !== undefined || medium !== undefined) return `${source ?? '(none)'}/${medium ?? '(none)'}`.slice(0, 100);
  if (referrer === undefined || address === referrer || address?.startsWith(`${referrer}/`)) return 'direct';
  return `${referrer}/referral`.slice(0, 100);
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : (url.slice(start + 1).split('#')[0] ?? ''));
}
const wordOf = (value: unknown): string | undefined =>
  (typeof value === 'string' && value.trim().toLowerCase().slice(0, 200)) || undefined;
const fieldsOf = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined);
