import { raw } from 'hono/html';
import type { Html } from '../pages/html.ts';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** JSON, indented, with its keys and values told apart by colour. */
export function jsonHtml(value: unknown): Html {
  const text = JSON.stringify(value, null, 2) ?? '';
  let out = '';
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    out += escape(text.slice(last, match.index));
    if (quoted !== undefined) out += `<span class="${colon ? 'k' : 's'}">${escape(quoted)}</span>${colon ?? ''}`;
    else out += `<span class="n">${escape(whole)}</span>`;
    last = match.index + whole.length;
  }
  // Everything that came from outside was escaped above.
  return raw(out + escape(text.slice(last)));
}

/** A value as one word of a shell command. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
