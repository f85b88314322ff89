import { PodliftError, type ErrorKind } from '@podlift/sdk';

/** Every way in which a request out can fail. */
export type NetErrorCode =
  | 'net.bad_request'
  | 'net.bad_url'
  | 'net.scheme_not_allowed'
  | 'net.credentials_in_url'
  | 'net.host_not_allowed'
  | 'net.blocked_address'
  | 'net.unresolvable'
  | 'net.unreachable'
  | 'net.bad_certificate'
  | 'net.timeout'
  | 'net.busy'
  | 'net.too_often'
  | 'net.too_large'
  | 'net.bad_encoding'
  | 'net.bad_redirect'
  | 'net.bad_status';

const fail = (
  code: NetErrorCode,
  message: string,
  kind: ErrorKind,
  more: { details?: unknown; cause?: unknown } = {},
): PodliftError => new PodliftError(code, message, { kind, ...more });

/** Sentences name the host, never the path or query: those may hold secrets. */
export const NetErrors = {
  badRequest: (why: string) => fail('net.bad_request', `The request cannot be sent: ${why}.`, 'invalid'),
  badUrl: () => fail('net.bad_url', 'The address is not an absolute URL.', 'invalid'),
  scheme: (scheme: string) =>
    fail('net.scheme_not_allowed', `Only http and https may be fetched, not ${scheme}.`, 'invalid'),
  credentialsInUrl: (host: string) =>
    fail('net.credentials_in_url', `The address of ${host} holds a user name or password; send a header.`, 'invalid'),
  hostNotAllowed: (host: string, hosts: readonly string[]) =>
    fail(
      'net.host_not_allowed',
      `${host} may not be reached from here; allowed are: ${hosts.join(', ') || 'none'}.`,
      'forbidden',
      {
        details: { host },
      },
    ),
  blockedAddress: (host: string, address: string) =>
    fail('net.blocked_address', `${host} leads to ${address}, which is not a public address.`, 'forbidden', {
      details: { host },
    }),
  unresolvable: (host: string, cause?: unknown) =>
    fail('net.unresolvable', `${host} has no address.`, 'unavailable', { details: { host }, cause }),
  unreachable: (host: string, why: string, cause?: unknown) =>
    fail('net.unreachable', `${host} could not be reached: ${why}.`, 'unavailable', { details: { host }, cause }),
  badCertificate: (host: string, why: string, cause: unknown) =>
    fail('net.bad_certificate', `${host} is not trusted: its certificate ${why}.`, 'unavailable', {
      details: { host },
      cause,
    }),
  timeout: (host: string, what: string, ms: number) =>
    fail('net.timeout', `${host} ${what} within ${ms} ms.`, 'unavailable', { details: { host, ms } }),
  busy: (host: string, running: number) =>
    fail('net.busy', `${running} requests to ${host} are running already; try again shortly.`, 'unavailable', {
      details: { host, retryAfterSeconds: 1 },
    }),
  tooOften: (host: string, perMinute: number, retryAfterSeconds: number) =>
    fail(
      'net.too_often',
      `${host} was asked ${perMinute} times within a minute; that is the limit of a workspace.`,
      'limit',
      {
        details: { host, limit: perMinute, retryAfterSeconds },
      },
    ),
  tooLarge: (host: string, maxBytes: number) =>
    fail('net.too_large', `The answer of ${host} is larger than ${maxBytes} bytes.`, 'unavailable', {
      details: { host, maxBytes },
    }),
  badEncoding: (host: string, cause?: unknown) =>
    fail('net.bad_encoding', `The answer of ${host} cannot be unpacked.`, 'unavailable', { details: { host }, cause }),
  badRedirect: (host: string, why: string) =>
    fail('net.bad_redirect', `The redirect of ${host} is not followed: ${why}.`, 'unavailable', { details: { host } }),
  badStatus: (host: string, status: number) =>
    fail('net.bad_status', `${host} answered with status ${status}.`, 'unavailable', { details: { host, status } }),
} as const;
