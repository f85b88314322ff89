import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { FileErrors } from './errors.ts';

/** What a link opens: one file of one tenant, to be read, until then. */
export interface LinkTarget {
  readonly tenant: string;
  readonly id: string;
  readonly disposition: 'inline' | 'attachment';
  /** Seconds since 1970. */
  readonly expires: number;
}

/** Signs links and reads them back. */
export interface Links {
  /** Path and query. */
  sign(target: LinkTarget): string;
  /** @throws PodliftError `files.url_bad`, `files.url_expired` */
  open(parts: SignedParts): LinkTarget;
}

/** A link's parts as they came; nothing in them is believed. */
export interface SignedParts {
  readonly tenant: string;
  readonly id: string;
  readonly expires: string;
  readonly disposition: string;
  readonly key: string;
  readonly signature: string;
}

export const LINK_PATH = '/api/v1/files/signed';
/** A link answers GET and HEAD and nothing else; the method is part of what is signed. */
const METHOD = 'GET';

/**
 * Links that open without signing in. Their key is derived from the master key; links signed with an earlier master key
 * go on opening until they expire.
 */
export function createLinks(masterKeys: readonly Uint8Array[], now: () => number): Links {
  const keys = new Map(masterKeys.map(deriveKey));
  const [newest = ''] = keys.keys();
  const sign = (key: Uint8Array, { tenant, id, disposition, expires }: LinkTarget): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([METHOD, tenant, id, disposition, expires]))
      .digest('base64url');

  return {
    sign(target) {
      const key = keys.get(newest);
      if (!key) throw new Error('There is no master key to sign links with.');
      const { tenant, id, disposition, expires } = target;
      const query = new URLSearchParams({
        expires: String(expires),
        disposition,
        key: newest,
        signature: sign(key, target),
      });
      return `${LINK_PATH}/${tenant}/${id}?${query}`;
    },
    open({ tenant, id, expires, disposition, key: name, signature }) {
      const key = keys.get(name);
      if (!key || !/^\d{1,12}$/.test(expires) || (disposition !== 'inline' && disposition !== 'attachment'))
        throw FileErrors.urlBad();
      const target: LinkTarget = { tenant, id, disposition, expires: Number(expires) };
      if (!isEqual(sign(key, target), signature)) throw FileErrors.urlBad();
      if (target.expires * 1000 <= now()) throw FileErrors.urlExpired();
      return target;
    },
  };
}

function deriveKey(master: Uint8Array): [name: string, key: Uint8Array] {
  const key = new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), 'podlift/file-links/v1', 32));
  return [createHash('sha256').update(key).digest('base64url').slice(0, 8), key];
}

/** Of equal length first: only then does comparing take the same time whatever differs. */
function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
