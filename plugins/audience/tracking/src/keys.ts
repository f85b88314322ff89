/** @module Names for people that say nothing about them: keyed hashes, so that an id or an address is never stored. */
import { createHmac, hash } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** How many households are remembered before the older half is forgotten. */
const REMEMBERED = 50_000;

/** Makes household keys for one tenant. */
export interface HouseholdKeys {
  /** The same kind and value always give the same key, and another tenant gives another. */
  of(kind: 'user' | 'anonymous' | 'ip', value: string): string;
}

/** Hot path: an HMAC costs 2 µs, and most events of a moment come from few people. */
export function createHouseholdKeys(key: Uint8Array): HouseholdKeys {
  let recent = new Map<string, string>();
  let older = new Map<string, string>();
  return {
    of(kind, value) {
      const name = `${kind}:${kind === 'ip' ? networkOf(value) : value}`;
      const known = recent.get(name);
      if (known !== undefined) return known;
      const household = older.get(name) ?? toUuid(createHmac('sha256', key).update(name).digest('hex'));
      if (recent.size >= REMEMBERED) {
        older = recent;
        recent = new Map();
      }
      recent.set(name, household);
      return household;
    },
  };
}

/** The key of a message id: itself when it is a UUID, else its digest. */
export function messageKey(messageId: string): string {
  if (messageId.length === 36) {
    const lower = messageId.toLowerCase();
    if (UUID.test(lower)) return lower;
  }
  return toUuid(hash('sha256', messageId, 'hex'));
}

/** The network of an address: IPv4 whole, IPv6 its first 64 bits, which is what a provider gives one household. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.trim();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address.trim());
  if (mapped?.[1]) return mapped[1];
  const [head = '', tail] = address.trim().toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** The first 128 bits of a digest as a UUID of version 8. */
function toUuid(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
