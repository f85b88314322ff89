import { translate, type NotificationValue, type Text } from '@podlift/sdk';
import { MAX_BODY, MAX_TITLE } from './limits.ts';
import type { Spec } from './kind.ts';

type Data = Readonly<Record<string, NotificationValue>>;

/** A message in one language, as plain text. */
export interface Rendered {
  readonly language: string;
  readonly title: string;
  readonly body: string;
  /** A path of this installation. */
  readonly link: string | undefined;
}

/** Fills the texts of a message in the first of the wanted languages that they have. */
export function render({ title, body, link }: Spec, data: Data, ...languages: readonly string[]): Rendered {
  const language = languageOf(title, languages);
  return {
    language,
    title: oneLine(fill(translate(title, ...languages), data, language)).slice(0, MAX_TITLE),
    body: fill(translate(body, ...languages), data, language).slice(0, MAX_BODY),
    link: link?.replace(PLACEHOLDER, (_, field: string) => encodeURIComponent(String(data[field] ?? ''))),
  };
}

const PLACEHOLDER = /\{([a-zA-Z]\w*)\}/g;

const fill = (words: string, data: Data, language: string): string =>
  words.replace(PLACEHOLDER, (_, field: string) => show(data[field], language));

function show(value: NotificationValue | undefined, language: string): string {
  if (typeof value === 'number') return value.toLocaleString(language);
  // What people wrote may hold anything; a text has no use for what cannot be seen.
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return String(value ?? '').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Line breaks would begin a header of their own. */
export const oneLine = (words: string): string => words.replace(/\s+/g, ' ').trim();

/** The language that `translate` finds. */
export function languageOf(words: Text, wanted: readonly string[]): string {
  if (typeof words === 'string') return wanted[0] ?? 'en';
  for (const language of wanted) {
    if (words[language] !== undefined) return language;
    const [short = ''] = language.split('-');
    if (words[short] !== undefined) return language;
  }
  return 'en';
}
