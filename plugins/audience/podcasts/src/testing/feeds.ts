/** Feeds for tests, written by hand. */
const NAMESPACES = [
  'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"',
  'xmlns:podcast="https://podcastindex.org/namespace/1.0"',
  'xmlns:atom="http://www.w3.org/2005/Atom"',
  'xmlns:content="http://purl.org/rss/1.0/modules/content/"',
].join(' ');

/** An RSS feed of a show called Bread. */
export const rss = (channel: string, items = ''): string =>
  `<?xml version="1.0" encoding="utf-8"?><rss version="2.0" ${NAMESPACES}><channel><title>Bread</title>${channel}${items}</channel></rss>`;

/** An item with one audio file. */
export const item = (guid: string, inner = '', url = 'https://b.example/1.mp3'): string =>
  `<item><guid>${guid}</guid>${inner}<enclosure url="${url}" type="audio/mpeg" length="4096"/></item>`;
