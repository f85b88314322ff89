import { NotifyError } from '../errors.ts';

/** Who a mail comes from. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

const ADDRESS = /^[^\s@"'<>(),;:\\[\]\p{Cc}]+@[^\s@.<>(),;:"\\[\]\p{Cc}]+(?:\.[^\s@.<>(),;:"\\[\]\p{Cc}]+)*$/u;

/** One plain address, without a name, a comment or a line break: nothing that could become a second one or a header. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && ADDRESS.test(text);
}

/** @throws PodliftError `notify.address_invalid` */
export function checkAddress(text: string): string {
  if (!isAddress(text)) throw NotifyError.badAddress(text);
  return text;
}

/** Reads `Podlift <podlift@example.com>` or a bare address. */
export function parseSender(text: string): Sender | undefined {
  const [, quoted, plain, inner] = /^(?:"([^"<>\p{Cc}]*)"|([^"<>\p{Cc}]*?)) ?<([^<>]+)>$/u.exec(text.trim()) ?? [];
  const address = inner ?? text.trim();
  if (!isAddress(address)) return undefined;
  return { name: (quoted ?? plain ?? '').trim(), address };
}

/** As it stands in a header. */
export const senderText = ({ name, address }: Sender): string =>
  name ? `${/^[\w .-]+$/.test(name) ? name : `"${name}"`} <${address}>` : address;
