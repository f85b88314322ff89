/** @module Reads a podcast feed from a stream of bytes: RSS 2.0 with the tags of iTunes and Podcasting 2.0, or Atom with audio enclosures. */
import { createDecoder } from './encoding.ts';
import { PodcastErrors } from './errors.ts';
import { createItem, finishItem, readItemClose, readItemOpen, shortGuid, type DraftItem } from './item.ts';
import { MAX_TEXT, type EpisodeFacts, type ShowFacts } from './records.ts';
import { createChannel, finishChannel, readChannelClose, readChannelOpen } from './channel.ts';
import { createElementReader } from './xml.ts';

/** The largest feed that is read. The biggest real feeds (daily shows with full notes) stay below 20 MB. */
export const MAX_FEED_BYTES = 30 * 1024 * 1024;
/** The most episodes that are read of one feed. */
export const MAX_ITEMS = 20_000;
/** The most problems that are told one by one. */
const MAX_PROBLEMS = 100;

/** Why an item was left out. `item` counts from 1 in the order of the feed. */
export interface ItemProblem {
  readonly item: number;
  readonly guid?: string;
  readonly code: 'no_media' | 'duplicate' | 'invalid' | 'too_many';
  readonly message: string;
}
export interface Feed {
  readonly show: ShowFacts;
  readonly episodes: readonly EpisodeFacts[];
  /** Items left out, and why; at most a hundred are told, `failed` counts all. */
  readonly problems: readonly ItemProblem[];
  readonly failed: number;
  /** Where the feed says that it lives (`atom:link rel="self"`, or `itunes:new-feed-url`). */
  readonly selfUrl?: string;
  readonly newUrl?: string;
  readonly encoding: string;
  /** Slips in the XML that were read over. */
  readonly warnings: readonly string[];
}

/** Reads a feed. Throws a named error when the bytes are not XML, not a feed, or a feed without audio or video. */
export async function readFeed(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { contentType }: { contentType?: string } = {},
): Promise<Feed> {
  const state = createState();
  const reader = createElementReader(state.handler, { maxText: MAX_TEXT });
  let decoding: ReturnType<typeof createDecoder> | undefined;
  let bytes = 0;
  let started = false;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > MAX_FEED_BYTES) throw PodcastErrors.tooLarge(MAX_FEED_BYTES);
    decoding ??= createDecoder(chunk, contentType);
    let text = decoding.decoder.decode(chunk, { stream: true });
    if (!started) text = text.trimStart();
    if (text === '') continue;
    started = true;
    reader.write(text);
  }
  if (!decoding || !started) throw PodcastErrors.empty();
  reader.write(decoding.decoder.decode());
  reader.end();
  return state.finish(decoding.encoding, reader.slips);
}

function createState() {
  const channel = createChannel();
  const episodes: EpisodeFacts[] = [];
  const problems: ItemProblem[] = [];
  const enclosures = new Map<string, string>();
  let reused = 0;
  let failed = 0;
  let items = 0;
  let root: string | undefined;
  let item: DraftItem | undefined;

  const leaveOut = (problem: ItemProblem): void => {
    failed++;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const keep = (draft: DraftItem): void => {
    items++;
    if (episodes.length >= MAX_ITEMS)
      return leaveOut({
        item: items,
        code: 'too_many',
        message: `only the first ${MAX_ITEMS} episodes of a feed are read`,
      });
    const result = finishItem(draft);
    if ('code' in result) return leaveOut({ item: items, ...result });
    const before = enclosures.get(result.guid);
    // Some publishers copy an item and forget the guid: another file is another episode.
    const guid =
      before === undefined || before === result.enclosureKey
        ? result.guid
        : shortGuid(`${result.guid}#${result.enclosureKey}`);
    if (enclosures.has(guid))
      return leaveOut({
        item: items,
        guid,
        code: 'duplicate',
        message: 'an earlier item of the feed has the same guid and file',
      });
    if (guid !== result.guid) reused++;
    enclosures.set(guid, result.enclosureKey);
    episodes.push({ ...result, guid });
  };

  return {
    handler: {
      open(name: string, attributes: Readonly<Record<string, string>>, parents: readonly string[]): void {
        if (root === undefined) root = checkRoot(name);
        if (isItem(name, parents)) item = createItem();
        else if (item) readItemOpen(item, name, attributes, parents);
        else readChannelOpen(channel, name, attributes, parents);
      },
      close(name: string, text: string, parents: readonly string[]): void {
        if (item && isItem(name, parents)) {
          keep(item);
          item = undefined;
        } else if (item) readItemClose(item, name, text, parents);
        else readChannelClose(channel, name, text, parents);
      },
    },
    finish(encoding: string, warnings: readonly string[]): Feed {
      if (root === undefined) throw PodcastErrors.notXml('it holds no element');
      if (episodes.length === 0 && (items > 0 || !channel.podcast))
        throw PodcastErrors.notAPodcast(KINDS[root] ?? 'a feed', items);
      const { show, selfUrl, newUrl } = finishChannel(channel);
      const all =
        reused > 0 ? [...warnings, `${reused} items reuse the guid of another item with a different file`] : warnings;
      return {
        show,
        episodes,
        problems,
        failed,
        encoding,
        warnings: all,
        ...(selfUrl && { selfUrl }),
        ...(newUrl && { newUrl }),
      };
    },
  };
}

const isItem = (name: string, parents: readonly string[]): boolean =>
  parents.length === 2
    ? name === 'item' && parents[1] === 'channel'
    : parents.length === 1 && (name === 'atom:entry' || name === 'item');

const KINDS: Readonly<Record<string, string>> = {
  rss: 'an RSS feed',
  'rdf:rdf': 'an RSS 1.0 feed',
  'atom:feed': 'an Atom feed',
};

function checkRoot(name: string): string {
  if (name in KINDS) return name;
  throw PodcastErrors.notAFeed(name.slice(0, 50));
}
