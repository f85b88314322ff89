/** Words of more than this are cut off. */
const MAX_TEXT = 4000;
/** More words than these do not make a search better. */
const MAX_TERMS = 8;

/** A text as it is searched: small letters without accents, one space between words. */
export function normalize(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** The words of a question, each once. */
export const termsOf = (question: string): string[] =>
  [...new Set(normalize(question).split(' '))].filter((term) => term !== '').slice(0, MAX_TERMS);
