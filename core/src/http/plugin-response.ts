/** What only the product itself may say to a browser. */
const HELD_BACK = new Set([
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  'strict-transport-security',
  'service-worker-allowed',
  'alt-svc',
  'report-to',
  'reporting-endpoints',
  'nel',
  'www-authenticate',
  'x-request-id',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

// A page of a stranger runs in an origin of its own: it reads no cookie and calls nothing as the signed-in user.
const FENCE = {
  'content-security-policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'private, no-store',
} as const;

/** Takes back what a plugin may not say, and fences the answer of one that is not ours. Changes the response it is given. */
export function fenceResponse(response: Response, trusted: boolean): Response {
  const safe = isMutable(response) ? response : new Response(response.body, response);
  const { headers } = safe;
  const taken = [...headers.keys()].filter((name) => HELD_BACK.has(name) || name.startsWith('access-control-'));
  for (const name of taken) headers.delete(name);
  if (!trusted) for (const [name, value] of Object.entries(FENCE)) headers.set(name, value);
  return safe;
}

/**
 * Answers of `fetch` and redirects have headers that cannot be changed. Asking for anything but the headers would turn
 * the server's light response into a full one.
 */
function isMutable(response: Response): boolean {
  try {
    response.headers.delete('set-cookie');
    return true;
  } catch {
    return false;
  }
}
