/** @module Every error that this plugin raises. */
import { PodliftError } from '@podlift/sdk';

const invalid = (code: `podcasts.${string}`, message: string, details?: unknown): PodliftError =>
  new PodliftError(code, message, { kind: 'invalid', ...(details !== undefined && { details }) });

export const PodcastErrors = {
  encodingUnknown: (encoding: string): PodliftError =>
    invalid('podcasts.encoding_unknown', `the feed says that it is encoded as "${encoding}", which is not known`, {
      encoding,
    }),
  notXml: (slip: string): PodliftError => invalid('podcasts.not_a_feed', `this is not a feed: it is not XML (${slip})`),
  empty: (): PodliftError => invalid('podcasts.not_a_feed', 'this is not a feed: it is empty'),
  notAFeed: (root: string): PodliftError =>
    invalid('podcasts.not_a_feed', `this is not a feed: its first element is <${root}>, a feed begins with <rss>`, {
      root,
    }),
  notAPodcast: (kind: string, items: number): PodliftError =>
    invalid(
      'podcasts.not_a_podcast',
      items === 0
        ? `this is ${kind} but not a podcast: it has no items and no podcast tags`
        : `this is ${kind} but not a podcast: none of its ${items} items has an audio or video enclosure`,
      { items },
    ),
  unsafe: (): PodliftError =>
    invalid(
      'podcasts.feed_unsafe',
      'the feed brings definitions of its own (a DOCTYPE with declarations), which is refused',
    ),
  tooDeep: (depth: number): PodliftError =>
    invalid('podcasts.feed_too_deep', `the feed nests elements deeper than ${depth}`),
  tooManyAttributes: (most: number): PodliftError =>
    invalid('podcasts.feed_too_many_attributes', `an element of the feed has more than ${most} attributes`),
  tooLarge: (bytes: number): PodliftError =>
    invalid('podcasts.feed_too_large', `the feed is larger than ${bytes / 1_048_576} MB`),
  noSource: (): PodliftError =>
    new PodliftError(
      'invalid_input',
      'send the address of a feed as {"url": …}, or the feed itself as XML or as a file',
      {
        kind: 'invalid',
        details: [{ in: 'body', path: ['url'], message: 'Is missing.' }],
      },
    ),
  urlInvalid: (): PodliftError =>
    new PodliftError('invalid_input', 'the address is not an http or https address', {
      kind: 'invalid',
      details: [{ in: 'body', path: ['url'], message: 'Is not an http or https address.' }],
    }),
  refused: (url: string, status: number): PodliftError =>
    new PodliftError('podcasts.feed_unreachable', `${new URL(url).host} answered ${status} instead of a feed`, {
      kind: status >= 500 ? 'unavailable' : 'invalid',
      details: { status },
    }),
  changed: (): PodliftError =>
    new PodliftError('http.version_differs', 'the show was changed meanwhile; read it again and repeat the change', {
      kind: 'conflict',
    }),
  noFeed: (): PodliftError =>
    new PodliftError('podcasts.no_feed', 'the show has no feed address, so there is nothing to read again', {
      kind: 'conflict',
    }),
} as const;

/** What people are told of a failure: a named error's own sentence, else only that it failed. */
export const errorText = (error: unknown): string =>
  error instanceof Error && 'code' in error ? error.message.slice(0, 1000) : 'the feed could not be read';
