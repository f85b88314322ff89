import { html as honoHtml, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Text in which everything that was put in is escaped. */
export type Html = HtmlEscapedString;

/** Values that can stand in a page. Promises cannot: a page is made in one go. */
type Value = string | number | Html | false | null | undefined | readonly Value[];

/** Escapes what is put in. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html =>
  // Without promises among the values the result is none either.
  honoHtml(strings, ...values) as Html;

/** Three bars that rise, inside a speech ring: a lift, seen by ear. */
export const MARK: Html = raw(
  '<svg class="mark" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M4.2 18.2a10 10 0 1 1 15.6 0"/><path d="M8 18v-3M12 18V11M16 18V7.5"/></svg>',
);

const icon = (paths: string): Html =>
  raw(
    `<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`,
  );

export const ICONS = {
  moon: icon('<path d="M20.5 14.5A8.5 8.5 0 0 1 9.5 3.5a8.5 8.5 0 1 0 11 11Z"/>'),
  list: icon('<path d="M5 7h14M5 12h14M5 17h9"/>'),
  search: icon('<circle cx="11" cy="11" r="7"/><path d="m20 20-3.8-3.8"/>'),
  copy: icon('<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h9"/>'),
  arrow: icon('<path d="M5 12h14M13 6l6 6-6 6"/>'),
  lock: icon('<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>'),
} as const;
