const OTHER = 'application/octet-stream';
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:;\s*charset=[\w-]{1,40})?$/;
/** What a browser may show in place: none of it runs code. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif)|(?:audio|video)\/[\w.+-]+|text\/plain)(?:;|$)/i;
/** What a browser would run. It is shown only without scripts, forms or an origin. */
const FENCED = /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml)(?:;|$)/i;

// A file of a stranger has an origin of its own: it reads no cookie and calls nothing as the signed-in user.
const SANDBOX =
  "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

export const isMediaType = (text: string): boolean => MEDIA_TYPE.test(text);

/** How a file is handed to a browser, whatever it was called and said to be. */
export function dispositionHeaders(
  { name, mediaType }: { readonly name: string; readonly mediaType: string },
  wanted: 'inline' | 'attachment',
): Record<string, string> {
  const type = isMediaType(mediaType) ? mediaType : OTHER;
  const inline = wanted === 'inline' && (SHOWN.test(type) || FENCED.test(type));
  return {
    'content-type': type,
    'content-disposition': `${inline ? 'inline' : 'attachment'}; filename="${plainName(name)}"; filename*=UTF-8''${encodeName(name)}`,
    'content-security-policy': SANDBOX,
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}

/** For readers that know no other form: nothing that ends the quotes or names a folder. */
const plainName = (name: string): string =>
  name
    .replaceAll(/[^\w. -]/g, '_')
    .replace(/^\.+/, '_')
    .slice(-100)
    .trim() || 'file';

/** RFC 8187. A name is one name: what would make it a path is replaced. */
const encodeName = (name: string): string =>
  // Half a character has no encoding.
  encodeURIComponent(
    name
      .toWellFormed()
      .replaceAll(/[/\\\p{Cc}]/gu, '_')
      .slice(0, 200)
      .toWellFormed(),
  ).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
