/**
 * @module XML as a stream of elements, with limits. Entities of a document's own are never expanded, nothing outside is ever loaded, and names are given
 * with the prefix that is usual for their namespace, in lower case, whatever prefix the document uses.
 */
import sax from 'sax';
import { PodcastErrors } from './errors.ts';

/** Deeper than this no feed is; a document that is, is an attack. */
const MAX_DEPTH = 64;
/** More slips in its form than this, and a document is not XML at all. */
const MAX_SLIPS = 200;
/** What has more attributes is an attack: the parser compares each with all before it. */
const MAX_ATTRIBUTES = 200;
/** Characters that are handed to the parser at once; in between, the attributes of an element that has not ended are counted. */
const PIECE = 16 * 1024;

const PREFIX: ReadonlyMap<string, string> = new Map([
  ['http://www.itunes.com/dtds/podcast-1.0.dtd', 'itunes'],
  ['https://podcastindex.org/namespace/1.0', 'podcast'],
  ['https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md', 'podcast'],
  ['http://www.w3.org/2005/atom', 'atom'],
  ['http://purl.org/rss/1.0/modules/content/', 'content'],
  ['http://purl.org/dc/elements/1.1/', 'dc'],
  ['http://www.w3.org/1999/02/22-rdf-syntax-ns#', 'rdf'],
]);
/** Attributes by name in lower case. */
export type Attributes = Readonly<Record<string, string>>;
export interface ElementHandler {
  open(name: string, attributes: Attributes, parents: readonly string[]): void;
  /** `text` is the element's own text, without that of its children. */
  close(name: string, text: string, parents: readonly string[]): void;
}
export interface ElementReader {
  write(text: string): void;
  end(): void;
  /** What was wrong with the form, first slip first. Reading goes on behind a slip. */
  readonly slips: readonly string[];
}

/** Reads a document piece by piece. `maxText` bounds what is kept of one element's text. */
export function createElementReader(handler: ElementHandler, { maxText }: { maxText: number }): ElementReader {
  const parser = sax.parser(true, { xmlns: true, position: true });
  const parents: string[] = [];
  const texts: string[] = [];
  const slips: string[] = [];
  const collect = (text: string): void => {
    const last = texts.length - 1;
    const before = texts[last];
    if (before !== undefined && before.length < maxText) texts[last] = before + text.slice(0, maxText - before.length);
  };
  const onerror = (error: Error): void => {
    if (slips.length >= MAX_SLIPS) throw PodcastErrors.notXml(slips[0] ?? 'it cannot be read');
    slips.push(`line ${parser.line + 1}: ${(error.message.split('\n')[0] ?? '').toLowerCase()}`);
    // sax stops at a slip unless it is taken back; real feeds have many.
    Object.assign(parser, { error: null });
    parser.resume();
  };
  const ondoctype = (doctype: string): void => {
    if (doctype.includes('[')) throw PodcastErrors.unsafe();
  };
  const onopentag = (tag: sax.Tag | sax.QualifiedTag): void => {
    if (parents.length >= MAX_DEPTH) throw PodcastErrors.tooDeep(MAX_DEPTH);
    if (Object.keys(tag.attributes).length > MAX_ATTRIBUTES) throw PodcastErrors.tooManyAttributes(MAX_ATTRIBUTES);
    const name = nameOf(tag);
    const attributes: Record<string, string> = Object.create(null);
    for (const [key, value] of Object.entries(tag.attributes))
      attributes[key.toLowerCase()] = typeof value === 'string' ? value : value.value;
    handler.open(name, attributes, parents);
    parents.push(name);
    texts.push('');
  };
  const onclosetag = (): void => {
    const name = parents.pop();
    if (name !== undefined) handler.close(name, texts.pop() ?? '', parents);
  };
  Object.assign(parser, { onerror, ondoctype, onopentag, onclosetag, ontext: collect, oncdata: collect });
  const write = (text: string): void => {
    for (let at = 0; at < text.length; at += PIECE) {
      parser.write(text.slice(at, at + PIECE));
      if (pendingAttributes(parser) > MAX_ATTRIBUTES) throw PodcastErrors.tooManyAttributes(MAX_ATTRIBUTES);
    }
  };
  return { slips, write, end: () => void parser.close() };
}

/** Attributes that were read of the element that has not ended yet; the types of sax do not tell of the list. */
const pendingAttributes = (parser: sax.SAXParser): number =>
  (parser as { attribList?: readonly unknown[] }).attribList?.length ?? 0;

function nameOf(tag: sax.Tag | sax.QualifiedTag): string {
  if (!('uri' in tag)) return tag.name.toLowerCase();
  const uri = tag.uri.toLowerCase();
  const prefix = PREFIX.get(uri) ?? PREFIX.get(`${uri}/`) ?? tag.prefix.toLowerCase();
  return prefix ? `${prefix}:${tag.local.toLowerCase()}` : tag.local.toLowerCase();
}
