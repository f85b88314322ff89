/** @module What a feed says of the show itself. */
import { personOf, readValue, type DraftPerson, type DraftValue } from './people.ts';
import { ShowFacts } from './records.ts';
import { tryFlag, tryUrl } from './values.ts';
import type { Attributes } from './xml.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export interface DraftChannel {
  readonly show: Partial<Mutable<ShowFacts>>;
  readonly categories: string[];
  readonly funding: { url: string; text: string }[];
  readonly persons: DraftPerson[];
  value?: DraftValue;
  selfUrl?: string;
  newUrl?: string;
  /** True once a tag was seen that only podcasts have. */
  podcast: boolean;
}
export const createChannel = (): DraftChannel => ({
  show: {},
  categories: [],
  funding: [],
  persons: [],
  podcast: false,
});

/** Takes what attributes say. */
export function readChannelOpen(
  channel: DraftChannel,
  name: string,
  attributes: Attributes,
  parents: readonly string[],
): void {
  if (name.startsWith('itunes:') || name.startsWith('podcast:')) channel.podcast = true;
  const parent = parents.at(-1);
  if (name === 'itunes:category') {
    const text = attributes['text']?.trim();
    if (text && parent === 'itunes:category')
      channel.categories.push(`${channel.categories.findLast((one) => !one.includes(' > ')) ?? ''} > ${text}`);
    else if (text) channel.categories.push(text);
    return;
  }
  if (!isChannel(parents) && parent !== 'podcast:value') return;
  switch (name) {
    case 'itunes:image':
      channel.show.imageUrl = tryUrl(attributes['href'] ?? '') ?? channel.show.imageUrl;
      break;
    case 'atom:link':
      if (attributes['rel'] === 'self') channel.selfUrl = tryUrl(attributes['href'] ?? '');
      else if (channel.show.link === undefined && (attributes['rel'] ?? 'alternate') === 'alternate')
        channel.show.link = tryUrl(attributes['href'] ?? '');
      break;
    case 'podcast:funding':
      channel.funding.push({ url: tryUrl(attributes['url'] ?? '') ?? '', text: '' });
      break;
    case 'podcast:person':
      channel.persons.push(personOf(attributes));
      break;
    default:
      channel.value = readValue(channel.value, name, attributes);
  }
}

/** Takes what an element's text says. */
export function readChannelClose(channel: DraftChannel, name: string, text: string, parents: readonly string[]): void {
  const { show } = channel;
  const value = text.trim();
  if (value === '') return;
  if (name === 'url' && parents.at(-1) === 'image') show.imageUrl ??= tryUrl(value);
  else if (name === 'itunes:name' && parents.at(-1) === 'itunes:owner') show.ownerName = value.slice(0, 500);
  if (!isChannel(parents)) return;
  switch (name) {
    case 'title':
    case 'atom:title':
      show.title = value.slice(0, 500);
      break;
    case 'link':
      show.link = tryUrl(value);
      break;
    case 'description':
    case 'atom:subtitle':
      show.description = value;
      break;
    case 'itunes:summary':
      show.description ??= value;
      break;
    case 'itunes:author':
      show.author = value.slice(0, 500);
      break;
    case 'language':
      show.language = value.slice(0, 35).toLowerCase();
      break;
    case 'itunes:explicit':
      show.explicit = tryFlag(value);
      break;
    case 'itunes:type':
      show.type = value.slice(0, 50).toLowerCase();
      break;
    case 'copyright':
      show.copyright = value.slice(0, 500);
      break;
    case 'generator':
    case 'atom:generator':
      show.hosting = value.slice(0, 500);
      break;
    case 'itunes:new-feed-url':
      channel.newUrl = tryUrl(value);
      break;
    case 'podcast:guid':
      show.podcastGuid = value.slice(0, 100).toLowerCase();
      break;
    case 'podcast:locked':
      show.locked = tryFlag(value);
      break;
    case 'podcast:medium':
      show.medium = value.slice(0, 50).toLowerCase();
      break;
    case 'podcast:funding': {
      const last = channel.funding.at(-1);
      if (last) last.text = value.slice(0, 500);
      break;
    }
    case 'podcast:person': {
      const last = channel.persons.at(-1);
      if (last) last.name = value.slice(0, 500);
      break;
    }
  }
}

/** The show, ready to be kept. A feed without a title is named after its address. */
export function finishChannel(channel: DraftChannel): { show: ShowFacts; selfUrl?: string; newUrl?: string } {
  const { selfUrl, newUrl } = channel;
  const show = ShowFacts.parse({
    ...channel.show,
    title: channel.show.title ?? channel.show.link ?? selfUrl?.slice(0, 500) ?? 'Untitled show',
    categories: [...new Set(channel.categories.map((one) => one.slice(0, 200)))].slice(0, 20),
    funding: channel.funding.filter(({ url }) => url !== '').slice(0, 20),
    persons: channel.persons.filter(({ name }) => name !== '').slice(0, 100),
    value: channel.value,
  });
  return { show, ...(selfUrl && { selfUrl }), ...(newUrl && { newUrl }) };
}

const isChannel = (parents: readonly string[]): boolean =>
  (parents.length === 2 && parents[1] === 'channel') || (parents.length === 1 && parents[0] === 'atom:feed');
