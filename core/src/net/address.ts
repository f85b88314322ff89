import ipaddr from 'ipaddr.js';

// Public by number, but inside by use: the metadata service of one large cloud.
const INSIDE = new Set(['168.63.129.16']);
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address belongs to the public internet: nothing private, local, shared, translated or reserved. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast' || INSIDE.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || (address.match(GLOBAL_UNICAST) && !isTunnel(address));
}

/** ISATAP keeps an IPv4 address in the lower half of an IPv6 one. */
const isTunnel = ({ parts }: ipaddr.IPv6): boolean => (parts[4] === 0 || parts[4] === 0x0200) && parts[5] === 0x5efe;
