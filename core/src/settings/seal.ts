import { createHash, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

/** Where a sealed secret belongs. It is bound to this place: moved to another tenant, owner or name it does not open. */
export interface SecretPlace {
  readonly tenant: string;
  readonly owner: string;
  readonly name: string;
}

/** Seals and opens text. Holds keys, so it is never logged and has nothing to print. */
export interface Sealer {
  /** Names the key that new secrets are sealed with. */
  readonly kid: string;
  seal(place: SecretPlace, text: string): Promise<string>;
  /** Throws when the key is unknown, the place is another, or one bit changed. */
  open(place: SecretPlace, sealed: string): Promise<string>;
  /** Whether a sealed secret should be sealed anew, because its key is an older one. */
  isStale(sealed: string): boolean;
}

/**
 * Compact JWE: a fresh content key per secret, wrapped with a key derived from the master key.
 * The first master key seals; the others only open, so that the key can be exchanged while secrets stay readable.
 */
export function createSealer(masterKeys: readonly [Uint8Array, ...Uint8Array[]]): Sealer {
  const keys = new Map(masterKeys.map((master) => deriveKey(master)).map((one) => [one.kid, one.key]));
  const { kid, key } = deriveKey(masterKeys[0]);
  return {
    kid,
    seal: (place, text) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid, ctx: contextOf(place) })
        .encrypt(key),
    async open(place, sealed) {
      const { plaintext, protectedHeader } = await compactDecrypt(
        sealed,
        ({ kid: wanted }) => {
          const known = keys.get(String(wanted));
          if (!known) throw new Error(`No key named ${String(wanted)} is configured.`);
          return known;
        },
        { keyManagementAlgorithms: ['A256GCMKW'], contentEncryptionAlgorithms: ['A256GCM'] },
      );
      if (protectedHeader['ctx'] !== contextOf(place)) throw new Error('The secret was sealed for another place.');
      return new TextDecoder().decode(plaintext);
    },
    isStale: (sealed) => decodeProtectedHeader(sealed).kid !== kid,
  };
}

function deriveKey(master: Uint8Array): { kid: string; key: Uint8Array } {
  const key = new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), 'podlift/secrets/v1', 32));
  return { kid: createHash('sha256').update(key).digest('base64url').slice(0, 12), key };
}

/** JSON keeps the parts apart, whatever characters they have. */
const contextOf = ({ tenant, owner, name }: SecretPlace): string => JSON.stringify([tenant, owner, name]);
