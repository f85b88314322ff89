import { hkdfSync } from 'node:crypto';
import type { Keyring } from '../../settings/index.ts';

/** Derives like the keyring of an installation whose root is this key. */
export const keyringOf = (root: Uint8Array): Pick<Keyring, 'derive'> => ({
  derive: (purpose, bytes = 32) => new Uint8Array(hkdfSync('sha256', root, new Uint8Array(), purpose, bytes)),
});
