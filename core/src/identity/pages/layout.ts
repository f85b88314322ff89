import { html, raw } from 'hono/html';
import { FRAMES_CSP, PAGE_CSP, STYLE } from './style.ts';

/** Text that hono/html has escaped. */
export type Html = ReturnType<typeof html>;

/** A page as a response: never cached, never framed, never indexed. A `wide` one may show frames of this very host. */
export async function page(title: string, body: Html, status = 200, look: 'card' | 'wide' = 'card'): Promise<Response> {
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · Podlift</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main class="${look}">
          <p class="brand">${MARK}<span>Podlift</span></p>
          <section class="card">${body}</section>
        </main>
      </body>
    </html>`;
  return new Response(text.toString(), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': look === 'wide' ? FRAMES_CSP : PAGE_CSP,
      'cache-control': 'no-store',
    },
  });
}

/** Three bars that rise, inside a speech ring: a lift, seen by ear. */
const MARK = html`<svg
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="2"
  stroke-linecap="round"
  aria-hidden="true"
>
  <path d="M4.2 18.2a10 10 0 1 1 15.6 0" />
  <path d="M8 18v-3M12 18V11M16 18V7.5" />
</svg>`;
