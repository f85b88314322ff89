/** @module Which characters a feed's bytes stand for. */
import { PodcastErrors } from './errors.ts';

/** How many bytes are looked at to find the encoding. */
const SNIFFED = 1024;

/** The encoding of a document: byte order mark, then its own XML declaration, then what the server said, then UTF-8. */
function detectEncoding(start: Uint8Array, contentType?: string): string {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start[0] === 0x3c && start[1] === 0) return 'utf-16le';
  if (start[0] === 0 && start[1] === 0x3c) return 'utf-16be';
  const ascii = new TextDecoder('latin1').decode(start.subarray(0, SNIFFED));
  const declared = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/i.exec(ascii)?.[1];
  // A declaration that could be read byte by byte is not UTF-16, whatever it says.
  if (declared && !/^utf-?16/i.test(declared)) return declared.toLowerCase();
  return /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
}

/** A decoder for a document that begins with these bytes. Broken bytes become U+FFFD, an encoding that nobody knows is an error. */
export function createDecoder(start: Uint8Array, contentType?: string): { encoding: string; decoder: TextDecoder } {
  const encoding = detectEncoding(start, contentType);
  try {
    return { encoding, decoder: new TextDecoder(encoding) };
  } catch {
    throw PodcastErrors.encodingUnknown(encoding);
  }
}
