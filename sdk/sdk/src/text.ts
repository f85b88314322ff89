import { PodliftError } from './errors.ts';

/** A text by language tag; English is always there. */
export type Translations = { readonly en: string } & Readonly<Record<string, string>>;

/** A text for people: one for everybody, or one per language. */
export type Text = string | Translations;

/**
 * A text in several languages.
 * @example text({ en: 'Half-life', de: 'Halbwertszeit' })
 * @throws PodliftError `invalid_contract` for an empty text or a key that is no language tag.
 */
export function text(translations: Translations): Translations {
  for (const [language, words] of Object.entries(translations)) {
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language) || words.trim() === '') {
      throw PodliftError.invalidContract(`text "${translations.en}"`, `${language} is no language tag or has no text`);
    }
  }
  return translations;
}

/** The words of a text in the first of the wanted languages that it has; `de` answers for `de-AT`, English for all. */
export function translate(words: Text, ...languages: readonly string[]): string {
  if (typeof words === 'string') return words;
  // Languages come from strangers: `constructor` is none, though every object answers to it.
  const wordsIn = (language: string): string | undefined =>
    Object.hasOwn(words, language) ? words[language] : undefined;
  for (const language of languages) {
    const found = wordsIn(language) ?? wordsIn(language.split('-')[0] ?? '');
    if (found !== undefined) return found;
  }
  return words.en;
}
