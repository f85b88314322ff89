import type { RouteRules } from './rules.ts';

const LOCKED_CSP = "default-src 'none'; frame-ancestors 'none'";
const YEAR = 31_536_000;

/** The headers every answer gets, unless its route set them itself. */
export function createSecureHeaders(publicUrl: string): (headers: Headers, rules: RouteRules | undefined) => void {
  const https = publicUrl.startsWith('https:');
  return (headers, rules) => {
    const open = rules?.cors === 'open';
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'strict-origin-when-cross-origin');
    headers.set('cross-origin-resource-policy', open ? 'cross-origin' : 'same-origin');
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', LOCKED_CSP);
    // One address answers differently by credential and Podlift-Tenant: no cache may give one's answer to another.
    if (rules && rules.permission !== 'public' && !headers.has('cache-control'))
      headers.set('cache-control', 'private, no-store');
    if (https) headers.set('strict-transport-security', `max-age=${YEAR}; includeSubDomains`);
    if (open) {
      headers.set('access-control-allow-origin', '*');
      headers.set('access-control-expose-headers', 'x-request-id, retry-after');
    }
  };
}

const PREFLIGHT_SECONDS = '86400';

/** The answer to OPTIONS: what may be asked, and for open routes that any page may ask. */
export function answerOptions(
  methods: readonly string[],
  open: boolean,
  more: Readonly<Record<string, string>> = {},
): Response {
  const allow = [...methods, 'OPTIONS'].join(', ');
  return new Response(null, {
    status: 204,
    headers: open
      ? {
          allow,
          'access-control-allow-origin': '*',
          'access-control-allow-methods': allow,
          'access-control-allow-headers': 'authorization, content-type, idempotency-key, traceparent',
          'access-control-max-age': PREFLIGHT_SECONDS,
        }
      : { allow, ...more },
  });
}
