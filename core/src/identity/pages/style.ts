import { createHash } from 'node:crypto';

/** The one stylesheet of the pages that exist before the admin interface does. No font, no image, nothing from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #18181b; --soft: #52525b; --line: #e4e4e7; --edge: #85858f; --page: #f6f6f8; --card: #fff; --brand: #5b4ff5;
  --brand-ink: #fff; --bad: #b91c1c; --bad-page: #fef2f2; --good: #15803d; }
@media (prefers-color-scheme: dark) { :root { --ink: #f4f4f5; --soft: #a1a1aa; --line: #3f3f46; --edge: #7c7c87; --page: #0c0c0f; --card: #18181b; --brand: #8b83ff;
  --brand-ink: #0c0c0f; --bad: #fca5a5; --bad-page: #2a1416; --good: #86efac; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { width: 100%; max-width: 26rem; }
.brand { display: flex; align-items: center; gap: .6rem; justify-content: center; margin: 0 0 1.5rem; font-weight: 650; font-size: 1.15rem; letter-spacing: -.01em; }
.brand svg { width: 1.75rem; height: 1.75rem; color: var(--brand); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.75rem; box-shadow: 0 1px 2px #0000000d, 0 12px 32px -12px #0000001f; }
h1 { margin: 0 0 .35rem; font-size: 1.35rem; line-height: 1.25; letter-spacing: -.015em; }
.lead { margin: 0 0 1.4rem; color: var(--soft); }
.field { margin: 0 0 1.1rem; }
label { display: block; font-weight: 550; font-size: .925rem; margin-bottom: .3rem; }
.hint { margin: .3rem 0 0; color: var(--soft); font-size: .85rem; }
.wrong { margin: .3rem 0 0; color: var(--bad); font-size: .875rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: .55rem .7rem; min-height: 2.75rem; }
input[aria-invalid="true"] { border-color: var(--bad); }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid color-mix(in srgb, var(--brand) 45%, transparent); outline-offset: 1px; border-color: var(--brand); }
button { width: 100%; font: inherit; font-weight: 600; color: var(--brand-ink); background: var(--brand); border: 0; border-radius: 8px; padding: .65rem 1rem; min-height: 2.75rem; cursor: pointer; margin-top: .35rem; }
button:hover { filter: brightness(1.07); }
.alert { margin: 0 0 1.2rem; padding: .7rem .85rem; border-radius: 8px; background: var(--bad-page); color: var(--bad); font-size: .925rem; }
.foot { margin: 1.1rem 0 0; text-align: center; color: var(--soft); font-size: .875rem; }
a { color: var(--brand); }
main.wide { max-width: 60rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
table { width: 100%; border-collapse: collapse; font-size: .925rem; margin: 0 0 1.2rem; }
th, td { text-align: left; padding: .5rem .6rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 550; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .925rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--page); border-radius: 8px; padding: .8rem; font-size: .85rem; }
iframe { width: 100%; height: 26rem; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
@media (forced-colors: active) { .card, button { border: 1px solid; } }
`;

const hash = createHash('sha256').update(STYLE).digest('base64');

/** Nothing but this very stylesheet and forms that go home. */
export const PAGE_CSP = `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** The same, and frames of this very host. */
export const FRAMES_CSP = `${PAGE_CSP}; frame-src 'self'`;
