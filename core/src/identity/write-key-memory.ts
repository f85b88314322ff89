import type { KeyCredential } from './credential.ts';

/** How long a write key that was good is believed without asking again: that long it goes on sending hits after it was revoked. */
const BELIEVED_MS = 3000;
const MAX_KEYS = 10_000;

/**
 * Remembers good write keys for a moment. A shop sends thousands of hits a second with one key, and each look costs more than checking the hit;
 * other keys are asked about every time, so that a revoked one ends at once.
 */
export function createWriteKeyMemory(
  find: (key: string) => Promise<KeyCredential | undefined>,
  now: () => number = () => performance.now(),
): (key: string) => Promise<KeyCredential | undefined> {
  const known = new Map<string, { readonly credential: KeyCredential; readonly until: number }>();
  return async (key) => {
    const held = known.get(key);
    if (held && held.until > now()) return held.credential;
    const credential = await find(key);
    known.delete(key);
    if (credential?.kind !== 'write-key') return credential;
    if (known.size >= MAX_KEYS) known.clear();
    known.set(key, { credential, until: now() + BELIEVED_MS });
    return credential;
  };
}
