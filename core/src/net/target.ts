import { isIP } from 'node:net';
import { isPublicAddress } from './address.ts';
import { NetErrors } from './errors.ts';
import { matchesHost, plainHost } from './hosts.ts';

/** Reads an address and refuses what may not be reached; done for the first one and for each redirect. */
export function checkTarget(
  input: string | URL,
  hosts: readonly string[],
  isAllowed: (address: string, port: number) => boolean,
): URL {
  const text = String(input);
  if (!URL.canParse(text)) throw NetErrors.badUrl();
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw NetErrors.scheme(url.protocol.replace(':', ''));
  const host = plainHost(url.hostname);
  if (url.username !== '' || url.password !== '') throw NetErrors.credentialsInUrl(host);
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal)) checkLiteral(literal, url, hosts, isAllowed);
  else if (!matchesHost(hosts, host)) throw NetErrors.hostNotAllowed(host, hosts);
  url.hash = '';
  return url;
}

/** A number in place of a name: the URL parser has already unfolded decimal, octal and hexadecimal spellings. */
function checkLiteral(
  literal: string,
  url: URL,
  hosts: readonly string[],
  isAllowed: (address: string, port: number) => boolean,
): void {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (!isAllowed(literal, port)) throw NetErrors.blockedAddress(literal, literal);
  if (isPublicAddress(literal) && !hosts.includes('*')) throw NetErrors.hostNotAllowed(literal, hosts);
}
