import type { Config } from '../config/index.ts';

/** Which web pages may send a form or a cookie here. */
export interface Origins {
  /** The installation's own address, its tenants' host names, and verified domains. */
  isTrusted(origin: string): Promise<boolean>;
  /** Whether a request that changes something was sent by a page of the host that it was sent to. */
  isOwn(request: Request, host: string): boolean;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function createOrigins({
  config,
  isKnownDomain,
}: {
  readonly config: Pick<Config, 'publicUrl' | 'baseDomain' | 'mode'>;
  readonly isKnownDomain: (host: string) => Promise<boolean>;
}): Origins {
  const own = new URL(config.publicUrl);
  return {
    async isTrusted(given) {
      if (!URL.canParse(given)) return false;
      const { origin, protocol, hostname } = new URL(given);
      if (origin === own.origin) return true;
      // A developer opens localhost where 127.0.0.1 was configured; in production only the configured name counts.
      if (config.mode !== 'production' && LOOPBACK.has(own.hostname) && LOOPBACK.has(hostname)) return true;
      if (protocol !== own.protocol) return false;
      if (config.baseDomain && (hostname === config.baseDomain || hostname.endsWith(`.${config.baseDomain}`)))
        return true;
      return isKnownDomain(hostname);
    },
    isOwn(request, host) {
      const origin = request.headers.get('origin');
      if (origin === null) return request.headers.get('sec-fetch-site') === 'same-origin';
      return origin === own.origin || origin === `${own.protocol}//${host}`;
    },
  };
}
