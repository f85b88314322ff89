import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Context } from 'hono';
import { raw } from 'hono/html';
import { contentTag, isFresh } from '../conditional.ts';
import type { HttpEnv } from '../env.ts';
import { html, type Html } from './html.ts';
import { BASE_STYLE } from './style.ts';
import { themeScript } from './theme.ts';

/** What makes a page. */
export interface PageParts {
  readonly title: string;
  readonly description: string;
  readonly body: Html;
  readonly style: string;
  /** A function that runs in the browser. It may use nothing from around it: only its text is sent. */
  readonly script?: () => void;
}

/** A finished page, ready to be sent again and again. */
export interface Page {
  readonly text: string;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly policy: string;
}

/** Puts a page together. Style and script stand in it and are named by their hash: nothing else may run or load. */
export function createPage({ title, description, body, style, script }: PageParts): Page {
  const styles = BASE_STYLE + style;
  const theme = source(themeScript);
  const scripts = [theme, ...(script ? [source(script)] : [])];
  const text = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="description" content="${description}" />
        <title>${title}</title>
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}" />
        ${raw(`<style>${styles}</style>`)} ${raw(`<script>${theme}</script>`)}
      </head>
      <body>
        ${body} ${script ? raw(`<script>${source(script)}</script>`) : ''}
      </body>
    </html>`.toString();
  return {
    text,
    packed: new Uint8Array(gzipSync(text, { level: 9 })),
    etag: contentTag(text),
    policy: [
      "default-src 'none'",
      `style-src ${hash(styles)}`,
      `script-src ${scripts.map(hash).join(' ')}`,
      "connect-src 'self'",
      "img-src 'self' data:",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  };
}

/** Sends a page, packed when the browser can unpack it, or says that it has not changed. */
export function sendPage(c: Context<HttpEnv>, page: Page): Response {
  const packs = c.req.header('accept-encoding')?.includes('gzip') === true;
  const etag = packs ? page.etag.replace(/"$/, '-gz"') : page.etag;
  const headers = {
    'content-security-policy': page.policy,
    etag,
    vary: 'accept-encoding',
    'cache-control': 'private, no-cache',
  };
  if (isFresh(c, etag)) return new Response(null, { status: 304, headers });
  return new Response(packs ? page.packed : page.text, {
    headers: { ...headers, 'content-type': 'text/html; charset=utf-8', ...(packs && { 'content-encoding': 'gzip' }) },
  });
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
// The end of a script element must not stand in its text.
const source = (script: () => void): string => `(${script.toString()})()`.replaceAll('</', '<\\/');

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#5b4ff5" stroke-width="2" stroke-linecap="round"><path d="M4.2 18.2a10 10 0 1 1 15.6 0"/><path d="M8 18v-3M12 18V11M16 18V7.5"/></svg>';
