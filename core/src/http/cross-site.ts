import type { Credential } from './principal.ts';

/**
 * Whether a foreign page may have caused this request. Browsers send our cookie on their own, so a change that rests on
 * it needs an Origin of ours, whatever its content type.
 */
export function isCrossSite(
  method: string,
  credential: Credential,
  header: (name: string) => string | undefined,
  ownOrigins: readonly string[],
): boolean {
  if (!credential.cookie || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false;
  const origin = header('origin');
  if (origin !== undefined) return !ownOrigins.includes(origin);
  return header('sec-fetch-site') !== 'same-origin';
}
