/** @module Measurement prefixes: which services stand before the audio file, and the key that stays when they change. */

interface Prefix {
  readonly name: string;
  /** Matches host and path, without a scheme, up to where the next address begins. */
  readonly at: RegExp;
  /** Where the form of the address is described or was seen. */
  readonly source: string;
}

/** Redirect services that publishers put before their enclosure addresses; addresses as documented by each and listed by OP3 (github.com/skymethod/op3, worker/chain_estimate.ts). */
const PREFIXES: readonly Prefix[] = [
  { name: 'op3', at: /^(?:(?:ci|staging)\.)?op3\.dev\/e(?:,[^/]*)?\//, source: 'op3.dev/setup' },
  {
    name: 'podtrac',
    at: /^(?:dts\.podtrac\.com(?:\/pts)?|(?:www\.)?podtrac\.com\/pts|play\.podtrac\.com)\/(?:redirect\.[a-z0-9]+|[\w-]+)[/?]/,
    source: 'analytics.podtrac.com',
  },
  { name: 'spotify', at: /^(?:pdst\.fm|prfx\.byspotify\.com)\/e\//, source: 'help.adanalytics.spotify.com' },
  { name: 'chartable', at: /^(?:chrt\.fm|chtbl\.com)\/track\/[^/]+\//, source: 'OP3 (closed 2024)' },
  {
    name: 'podscribe',
    at: /^(?:verifi\.podscribe\.com|pscrb\.fm)\/rss\/p\//,
    source: 'help.podscribe.com',
  },
  { name: 'magellan', at: /^mgln\.ai\/(?:track|e\/[a-z0-9]+)\//, source: 'OP3' },
  { name: 'artsai', at: /^arttrk\.com\/p\/[^/]+\//, source: 'OP3' },
  { name: 'claritas', at: /^(?:(?:www\.)?claritaspod\.com\/measure|clrtpod\.com\/m)\//, source: 'claritas.com' },
  { name: 'veritonic', at: /^pfx\.veritonicmetrics\.com\/[^/]+\//, source: 'OP3' },
  { name: 'podcorn', at: /^pdcn\.co\/e\//, source: 'podcorn.com/analytics-prefix' },
  { name: 'gumball', at: /^(?:2\.gum\.fm|s\.gum\.fm\/(?:r1\/|s-)[0-9a-f]+)\//, source: 'OP3' },
  { name: 'podkite', at: /^growx\.podkite\.com\/https?\/\w+\//, source: 'OP3' },
  { name: 'blubrry', at: /^media\.blubrry\.com\/\w+\/(?:p\/)?/, source: 'blubrry.com/support' },
  { name: 'podder', at: /^p\.podderapp\.com\/\d+\//, source: 'OP3' },
  { name: 'zencastr', at: /^r\.(?:zen\.ai|zencastr\.com)\/r\//, source: 'OP3' },
  { name: 'glystn', at: /^t\.glystn\.com\/v2\/track\/[^/]+\//, source: 'OP3' },
  { name: 'backtracks', at: /^bktrks\.co\/t\/[^/]+\//, source: 'OP3' },
  { name: 'podroll', at: /^pdrl\.fm\/(?:r\/[^/]+\/[^/]+|[^/]+)\//, source: 'OP3' },
  { name: 'voxalyze', at: /^a\.pdcst\.to\/[^/]+\//, source: 'help.voxalyze.com/article/61-tracking-prefix' },
  { name: 'cohost', at: /^cohst\.app\/pdcst\/[^/]+\//, source: 'OP3' },
  { name: 'swapfm', at: /^(?:tracking\.)?swap\.fm\/track\/[^/]+\//, source: 'OP3' },
  { name: 'podcards', at: /^pdcds\.co\/[^/]+\//, source: 'OP3' },
  { name: 'unitedpodcasters', at: /^prefix\.up\.audio\/s\//, source: 'OP3' },
];

/** More prefixes than this is a loop or an attack. */
const MAX_PREFIXES = 16;
const SCHEME = /^https?(?::|%3a)(?:\/|%2f){1,2}/i;
const MEDIA_FILE = /\.(?:mp3|m4a|m4b|mp4|m4v|mov|aac|ogg|oga|opus|flac|wav|webm)$/i;

/** An enclosure address taken apart: the names of its prefixes from the outside in, and what they lead to. */
export interface EnclosureChain {
  readonly prefixes: readonly string[];
  /** Host in lower case and the rest, without a scheme. */
  readonly destination: string;
}

/** Peels known prefixes off an address; undefined when it is not an http address. */
export function computeEnclosureChain(url: string): EnclosureChain | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  let rest = withoutScheme(url);
  const prefixes: string[] = [];
  while (prefixes.length < MAX_PREFIXES) {
    const found = PREFIXES.map(({ name, at }) => ({ name, length: at.exec(rest)?.[0].length ?? 0 })).find(
      ({ length }) => length > 0 && length < rest.length,
    );
    if (!found) break;
    prefixes.push(found.name);
    rest = withoutScheme(rest.slice(found.length));
  }
  return { prefixes, destination: rest };
}

/**
 * The name of the audio file behind all prefixes: host and path, so that an episode stays itself when a publisher adds or drops a measurement service.
 * The query belongs to the key only when the path does not name a media file.
 * @example computeEnclosureKey('https://op3.dev/e/cdn.example.com/a.mp3?from=rss') // 'cdn.example.com/a.mp3'
 */
export function computeEnclosureKey(url: string): string | undefined {
  const destination = computeEnclosureChain(url.trim())?.destination.replace(/#.*$/s, '');
  if (!destination) return undefined;
  const [path = '', ...query] = destination.split('?');
  const kept = query.length === 0 || MEDIA_FILE.test(path) ? '' : `?${query.join('?')}`;
  return path.includes('/') || kept ? `${path}${kept}` : undefined;
}

function withoutScheme(url: string): string {
  let rest = url.replace(SCHEME, '');
  // pdst.fm and a few others accept an escaped path; only the slash after the host tells where it ends.
  if (/^[\w.-]+%2f/i.test(rest)) rest = rest.replace(/%2f/gi, '/');
  const slash = rest.search(/[/?]/);
  const host = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase().replace(/:(?:80|443)$/, '');
  return slash < 0 ? host : host + rest.slice(slash);
}
