import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PortabilityError } from '../errors.ts';
import { keyOf } from './encryption.ts';

/** Seals single values for the way to another installation; bound to the place where they stand. */
export interface TransferSeal {
  /** Base64 of the salt, for the archive's head. */
  readonly salt: string;
  seal(place: string, text: string): string;
  /** @throws PodliftError when the passphrase is another one or the value was moved. */
  open(place: string, sealed: string): string;
}

/** Makes the seal of a passphrase, or, with the salt of an archive, the one that opens its values. */
export async function createTransferSeal(passphrase: string, salt?: string): Promise<TransferSeal> {
  const bytes = salt === undefined ? randomBytes(16) : Buffer.from(salt, 'base64');
  const key = await keyOf(passphrase, bytes);
  return {
    salt: bytes.toString('base64'),
    seal(place, text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place));
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
    },
    open(place, sealed) {
      const all = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, 12))
          .setAAD(Buffer.from(place))
          .setAuthTag(all.subarray(-16));
        return Buffer.concat([decipher.update(all.subarray(12, -16)), decipher.final()]).toString('utf8');
      } catch {
        throw PortabilityError.passphraseWrong();
      }
    },
  };
}
