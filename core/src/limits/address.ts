import ipaddr from 'ipaddr.js';

const SUBSCRIBER_BITS = 64;

/**
 * What an address counts as. An IPv4 address is one client. Of IPv6 a provider gives each subscriber a network of 64 bits or more, so
 * that somebody could have a new address for every request: the network counts.
 *
 * @example
 * ```ts
 * countedAddress('2001:db8:1:2:3:4:5:6'); // '2001:db8:1:2::/64'
 * ```
 */
export function countedAddress(ip: string): string {
  if (!ip.includes(':') || !ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/${SUBSCRIBER_BITS}`).toString()}/${SUBSCRIBER_BITS}`;
}
