import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { masterKeyId } from '../config/index.ts';

/** Where a sealed secret belongs. It is bound to this place: moved to another tenant, owner or name it does not open. */
export interface SecretPlace {
  readonly tenant: string;
  readonly owner: string;
  readonly name: string;
}

/** Seals and opens text. Holds keys, so it is never logged and has nothing to print. */
export interface Sealer {
  /** Names the key that new secrets are sealed with now. */
  readonly kid: string;
  seal(place: SecretPlace, text: string): Promise<string>;
  /** Throws when the key is unknown, the place is another, or one bit changed. */
  open(place: SecretPlace, sealed: string): Promise<string>;
  /** Whether a sealed secret should be sealed anew, because its key is an older one. */
  isStale(sealed: string): boolean;
  /** Names the key that something was sealed with. */
  kidOf(sealed: string): string;
}

/**
 * Compact JWE: a fresh content key per secret, wrapped with a key derived from the master key. All keys open; the one that `active`
 * names seals, so that nodes go over to a new key together, when all of them know it.
 */
export function createSealer(
  masterKeys: readonly [Uint8Array, ...Uint8Array[]],
  active: () => string = () => masterKeyId(masterKeys[0]),
): Sealer {
  const keys = new Map(masterKeys.map((master) => [masterKeyId(master), wrappingKey(master)]));
  const find = (kid: string): Uint8Array => {
    const known = keys.get(kid);
    if (!known) throw new Error(`No key named ${kid} is configured.`);
    return known;
  };
  const kidOf = (sealed: string): string => String(decodeProtectedHeader(sealed).kid);
  return {
    get kid() {
      return active();
    },
    async seal(place, text) {
      const kid = active();
      return new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid, ctx: contextOf(place) })
        .encrypt(find(kid));
    },
    async open(place, sealed) {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, ({ kid }) => find(String(kid)), {
        keyManagementAlgorithms: ['A256GCMKW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      if (protectedHeader['ctx'] !== contextOf(place)) throw new Error('The secret was sealed for another place.');
      return new TextDecoder().decode(plaintext);
    },
    isStale: (sealed) => kidOf(sealed) !== active(),
    kidOf,
  };
}

const wrappingKey = (master: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), 'podlift/secrets/v1', 32));

/** JSON keeps the parts apart, whatever characters they have. */
const contextOf = ({ tenant, owner, name }: SecretPlace): string => JSON.stringify([tenant, owner, name]);
