import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CATEGORIES } from './kind.ts';

const Claim = z.tuple([z.uuid(), z.string().max(100), z.enum(CATEGORIES), z.string().max(100)]);

/** Which mails somebody wants no more. */
export interface Unsubscription {
  readonly tenant: string;
  readonly user: string;
  readonly category: (typeof CATEGORIES)[number];
  readonly channel: string;
}

/** Links that end a kind of mail without signing in: whoever holds the mail holds the right. They do not run out. */
export interface UnsubscribeTokens {
  sign(what: Unsubscription): string;
  /** What a token stands for; undefined when it is not ours. */
  open(token: string): Unsubscription | undefined;
}

/** The first key signs, all of them verify. */
export function createUnsubscribeTokens(masterKeys: readonly [Uint8Array, ...Uint8Array[]]): UnsubscribeTokens {
  const keys = masterKeys.map((master) =>
    Buffer.from(hkdfSync('sha256', master, new Uint8Array(), 'podlift/notify/v1', 32)),
  );
  const mac = (key: Buffer, claim: string): Buffer => createHmac('sha256', key).update(claim).digest().subarray(0, 20);
  const [first = Buffer.alloc(32)] = keys;
  return {
    sign({ tenant, user, category, channel }) {
      const claim = Buffer.from(JSON.stringify([tenant, user, category, channel])).toString('base64url');
      return `${claim}.${mac(first, claim).toString('base64url')}`;
    },
    open(token) {
      const [claim = '', given = ''] = token.length > 1000 ? [] : token.split('.');
      const seen = Buffer.from(given, 'base64url');
      const ours = keys.some((key) => {
        const right = mac(key, claim);
        return seen.length === right.length && timingSafeEqual(seen, right);
      });
      if (!ours) return undefined;
      const [tenant, user, category, channel] = Claim.parse(JSON.parse(Buffer.from(claim, 'base64url').toString()));
      return { tenant, user, category, channel };
    },
  };
}
