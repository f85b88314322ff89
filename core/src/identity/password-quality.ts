import { IdentityError } from './errors.ts';
import { PASSWORD_LENGTH } from './limits.ts';

/** What everybody tries first, and sequences on a keyboard. */
const OBVIOUS = /password|passwort|123456|abcdef|qwert|asdfgh|letmein|welcome|podlift/;

/** Why a password is too easy to guess, in words for its owner; undefined when it will do. */
export function weakness(password: string, about: readonly string[] = []): string | undefined {
  if (password.length < PASSWORD_LENGTH.min) return IdentityError.passwordTooShort();
  if (password.length > PASSWORD_LENGTH.max) return `Use at most ${PASSWORD_LENGTH.max} characters.`;
  if (new Set(password).size < 5) return 'Use more than a few different characters.';
  const low = password.toLowerCase();
  const named = about
    .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length >= 4)
    .find((word) => low.includes(word));
  // What is left when the guessable part is gone must still be long enough to be hard.
  const rest = named ? low.replaceAll(named, '') : low.replace(OBVIOUS, '');
  if (rest.length < PASSWORD_LENGTH.min - 4 && rest !== low)
    return named
      ? 'Do not build the password around your name, your address or your workspace.'
      : 'This begins like the passwords that are tried first. Use a few words in a row instead.';
  return undefined;
}
