import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

/** What a request tells about where it comes from. */
export interface Origin {
  /** The client's address, past trusted proxies. */
  readonly ip: string;
  /** The host name that the client asked for. */
  readonly host: string;
  /** Whether a proxy that is not trusted stands between: then nothing it says of the client is believed. */
  readonly behindUnknownProxy: boolean;
}

const UNKNOWN = '0.0.0.0';
const REMEMBERED = 1000;

/**
 * Reads the client's address and host name. X-Forwarded-For and X-Forwarded-Host are believed only from a trusted
 * proxy; of the list the rightmost address that is not such a proxy counts, because everything left of it can be made up.
 */
export function createOriginReader(trustedProxies: readonly string[]) {
  const networks = trustedProxies.map((text) => (text.includes('/') ? ipaddr.parseCIDR(text) : single(text)));
  const known = new Map<string, boolean>();

  function isTrusted(address: string): boolean {
    const seen = known.get(address);
    if (seen !== undefined) return seen;
    if (known.size >= REMEMBERED) known.clear();
    const trusted = ipaddr.isValid(address) && matches(ipaddr.process(address), networks);
    known.set(address, trusted);
    return trusted;
  }

  function forwardedFor(header: string, peer: string): string {
    let client = peer;
    for (const hop of header.split(',').toReversed()) {
      const address = plain(hop.trim());
      if (!ipaddr.isValid(address)) break;
      client = address;
      if (!isTrusted(address)) break;
    }
    return client;
  }

  return (header: (name: string) => string | undefined, url: string, incoming?: IncomingMessage): Origin => {
    const peer = plain(incoming?.socket.remoteAddress ?? UNKNOWN);
    const own = header('host') ?? new URL(url).host;
    const chain = header('x-forwarded-for');
    if (chain === undefined && header('forwarded') === undefined)
      return { ip: peer, host: own, behindUnknownProxy: false };
    if (networks.length === 0 || !isTrusted(peer)) return { ip: peer, host: own, behindUnknownProxy: true };
    return {
      ip: chain === undefined ? peer : forwardedFor(chain, peer),
      host: header('x-forwarded-host')?.split(',')[0]?.trim() || own,
      behindUnknownProxy: false,
    };
  };
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

const single = (text: string): Network => {
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};

const matches = (address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean =>
  networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

/** `::ffff:10.0.0.1` and `[::1]:80` as plain addresses. */
function plain(text: string): string {
  if (text.startsWith('::ffff:')) return text.slice(7);
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'));
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
}

/** Whether the address is this machine. */
export const isLoopback = (ip: string): boolean => ip === '::1' || ip.startsWith('127.');
