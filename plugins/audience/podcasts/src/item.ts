/** @module What a feed says of one episode. */
import { createHash } from 'node:crypto';
import { computeEnclosureChain, computeEnclosureKey } from './enclosure.ts';
import { personOf, readValue, type DraftPerson, type DraftValue } from './people.ts';
import { EpisodeFacts } from './records.ts';
import { tryCount, tryDate, tryDuration, tryFlag, tryUrl } from './values.ts';
import type { Attributes } from './xml.ts';

export interface DraftItem {
  /** The item's texts by element name; the first of a name wins. */
  readonly texts: Map<string, string>;
  readonly enclosures: Attributes[];
  readonly transcripts: Attributes[];
  readonly persons: DraftPerson[];
  chapters?: Attributes;
  image?: string;
  link?: string;
  value?: DraftValue;
}
export const createItem = (): DraftItem => ({ texts: new Map(), enclosures: [], transcripts: [], persons: [] });

/** A guid longer than this is kept as its hash. */
const MAX_GUID = 500;
/** `x-audio/mp3` and the like are old but real. */
const MEDIA_TYPE = /audio|video/i;
const OTHER_TYPE = /^(?:image|text)\//i;
const MEDIA_FILE = /\.(?:mp3|m4a|m4b|mp4|m4v|mov|aac|ogg|oga|opus|flac|wav|webm)(?:[?#]|$)/i;

/** Takes what attributes say. Elements below `podcast:alternateEnclosure` and the like are not the episode's own. */
export function readItemOpen(item: DraftItem, name: string, attributes: Attributes, parents: readonly string[]): void {
  const parent = parents.at(-1);
  if (parent === 'podcast:value') item.value = readValue(item.value, name, attributes);
  if (parent !== 'item' && parent !== 'atom:entry') return;
  if (name === 'enclosure') item.enclosures.push(attributes);
  else if (name === 'atom:link' && attributes['rel'] === 'enclosure')
    item.enclosures.push({ ...attributes, url: attributes['href'] ?? '' });
  else if (name === 'atom:link' && (attributes['rel'] ?? 'alternate') === 'alternate') item.link ??= attributes['href'];
  else if (name === 'itunes:image') item.image = attributes['href'];
  else if (name === 'podcast:transcript') item.transcripts.push(attributes);
  else if (name === 'podcast:chapters') item.chapters = attributes;
  else if (name === 'podcast:person') item.persons.push(personOf(attributes));
  else item.value = readValue(item.value, name, attributes);
}

/** Takes what an element's text says. */
export function readItemClose(item: DraftItem, name: string, text: string, parents: readonly string[]): void {
  const parent = parents.at(-1);
  if (parent !== 'item' && parent !== 'atom:entry') return;
  const value = text.trim();
  if (value === '') return;
  if (name === 'podcast:person') {
    const last = item.persons.at(-1);
    if (last) last.name = value.slice(0, 500);
  } else if (!item.texts.has(name)) item.texts.set(name, value);
}

/** The episode, or why there is none. */
export function finishItem(
  item: DraftItem,
): EpisodeFacts | { code: 'no_media' | 'invalid'; message: string; guid?: string } {
  const text = (...names: string[]): string | undefined =>
    names.map((name) => item.texts.get(name)).find((value) => value !== undefined);
  const read = <T>(parse: (value: string) => T | undefined, ...names: string[]): T | undefined => {
    const value = text(...names);
    return value === undefined ? undefined : parse(value);
  };
  const given = text('guid', 'atom:id');
  const guid = given && shortGuid(given);
  const media = item.enclosures.find(isMedia);
  const url = tryUrl(media?.['url'] ?? '');
  const key = url && computeEnclosureKey(url);
  if (!media || !url || !key) {
    const message = media
      ? `its enclosure "${(media['url'] ?? '').slice(0, 200)}" is not an http address of a file`
      : 'it has no audio or video enclosure';
    return { code: 'no_media', message, ...(guid && { guid }) };
  }
  const parsed = EpisodeFacts.safeParse({
    guid: guid ?? shortGuid(`enclosure:${key}`),
    title: (text('itunes:title', 'title', 'atom:title') ?? key).slice(0, 1000),
    link: tryUrl(text('link') ?? item.link ?? ''),
    description: text('content:encoded', 'description', 'itunes:summary', 'atom:content', 'atom:summary'),
    publishedAt: read(tryDate, 'pubdate', 'atom:published', 'dc:date', 'atom:updated'),
    durationS: read(tryDuration, 'itunes:duration'),
    season: read(tryCount, 'podcast:season', 'itunes:season'),
    episode: read(tryNumber, 'podcast:episode', 'itunes:episode'),
    episodeType: text('itunes:episodetype')?.toLowerCase().slice(0, 50),
    explicit: read(tryFlag, 'itunes:explicit'),
    imageUrl: tryUrl(item.image ?? ''),
    enclosureUrl: url,
    enclosureKey: key,
    enclosureType: media['type']?.toLowerCase().slice(0, 100),
    // Publishers write length="0" or "1" when they do not know it.
    bytes: (tryCount(media['length'] ?? '') ?? 0) > 1 ? tryCount(media['length'] ?? '') : undefined,
    prefixes: computeEnclosureChain(url)?.prefixes ?? [],
    transcripts: item.transcripts.flatMap(transcriptOf).slice(0, 20),
    chapters: item.chapters && fileOf(item.chapters, 'application/json+chapters'),
    persons: item.persons.filter(({ name }) => name !== '').slice(0, 100),
    value: item.value,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return {
    code: 'invalid',
    message: `${issue?.path.join('.') ?? 'item'}: ${issue?.message ?? 'cannot be read'}`,
    ...(guid && { guid }),
  };
}

const isMedia = ({ url = '', type = '' }: Attributes): boolean =>
  MEDIA_TYPE.test(type) || (MEDIA_FILE.test(url) && !OTHER_TYPE.test(type));
/** A guid as it is kept: one that is too long becomes its hash. */
export const shortGuid = (guid: string): string =>
  guid.length > MAX_GUID ? `sha256:${createHash('sha256').update(guid).digest('hex')}` : guid;
const tryNumber = (text: string): number | undefined => (/^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined);
function fileOf(attributes: Attributes, usual: string): { url: string; type: string } | undefined {
  const url = tryUrl(attributes['url'] ?? '');
  return url ? { url, type: (attributes['type'] || usual).slice(0, 100) } : undefined;
}
function transcriptOf(attributes: Attributes): EpisodeFacts['transcripts'] {
  const file = fileOf(attributes, 'text/plain');
  const { language, rel } = attributes;
  return file
    ? [{ ...file, ...(language && { language: language.slice(0, 35) }), ...(rel && { rel: rel.slice(0, 50) }) }]
    : [];
}
