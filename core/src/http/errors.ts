import { problem, type FieldError, type ProblemError } from './problem.ts';

/** Every problem the edge itself can answer with: codes and sentences live here only. */
export const HttpErrors = {
  routeUnknown: (method: string, path: string): ProblemError =>
    problem(404, 'http.route_unknown', 'There is nothing here', {
      detail: `No route answers ${method} ${path}. The reference at /reference lists all of them.`,
    }),
  methodNotAllowed: (method: string, allowed: readonly string[]): ProblemError =>
    problem(405, 'http.method_not_allowed', 'The method is not allowed here', {
      detail: `${method} is not answered at this address; use ${allowed.join(' or ')}.`,
      headers: { allow: allowed.join(', ') },
    }),
  invalid: (errors: readonly FieldError[]): ProblemError =>
    problem(422, 'http.invalid', 'The request does not fit', {
      detail: `${errors.length === 1 ? 'One field is' : `${errors.length} fields are`} wrong: ${errors
        .slice(0, 3)
        .map((one) => (one.path === '' ? `the ${one.in}` : `${one.in} ${one.path}`))
        .join(', ')}${errors.length > 3 ? ' …' : ''}.`,
      errors,
    }),
  notJson: (): ProblemError =>
    problem(400, 'http.not_json', 'The body is not JSON', { detail: 'The body could not be read as JSON.' }),
  bodyBroken: (cause: unknown): ProblemError =>
    problem(400, 'http.body_broken', 'The body did not arrive whole', {
      detail: 'The connection broke, or the body did not have the length it was said to have.',
      cause,
    }),
  tooDeep: (limit: number): ProblemError =>
    problem(400, 'http.too_deep', 'The body is nested too deeply', {
      detail: `JSON may be nested ${limit} levels deep.`,
    }),
  wrongMediaType: (): ProblemError =>
    problem(415, 'http.wrong_media_type', 'The content type does not fit', {
      detail: 'This route does not take a body of that content type; the reference says which it takes.',
    }),
  bodyTooLarge: (limit: number): ProblemError =>
    problem(413, 'http.body_too_large', 'The body is too large', {
      detail: `This route takes at most ${limit} bytes.`,
      headers: { connection: 'close' },
    }),
  timeout: (ms: number): ProblemError =>
    problem(503, 'http.timeout', 'The answer took too long', {
      detail: `No answer began within ${ms} ms. What was not finished was not kept.`,
      headers: { 'retry-after': '1' },
    }),
  notSignedIn: (): ProblemError =>
    problem(401, 'http.not_signed_in', 'This needs a credential', {
      detail: 'Sign in, or send a key as `Authorization: Bearer plk_…`.',
      headers: { 'www-authenticate': 'Bearer realm="podlift"' },
    }),
  tenantMissing: (): ProblemError =>
    problem(400, 'http.tenant_missing', 'No tenant is named', {
      detail: "Use the tenant's host name, or send the header Podlift-Tenant with its slug or id.",
    }),
  tenantUnknown: (name: string): ProblemError =>
    problem(404, 'http.tenant_unknown', 'The tenant is not known', {
      detail: `There is no tenant ${JSON.stringify(name)} that you may see.`,
    }),
  tenantsDisagree: (): ProblemError =>
    problem(400, 'http.tenants_disagree', 'Two different tenants are named', {
      detail: 'The host name, the header Podlift-Tenant and the key must all mean the same tenant.',
    }),
  tenantNotHere: (): ProblemError =>
    problem(400, 'http.tenant_not_here', 'This route belongs to the installation', {
      detail: 'Operator routes act for the whole installation; do not name a tenant.',
    }),
  tenantClosed: (status: string): ProblemError =>
    problem(403, 'http.tenant_closed', 'The tenant is not active', {
      detail: `The tenant is ${status}; an operator can say why.`,
    }),
  notPermitted: (permission: string): ProblemError =>
    problem(403, 'http.not_permitted', 'You may not do this', {
      detail: `This needs the permission ${permission}, which your role or key does not have.`,
      details: { permission },
    }),
  operatorsOnly: (): ProblemError =>
    problem(403, 'http.operators_only', 'This is for operators', {
      detail: 'Only an operator of the installation may do this.',
    }),
  pluginNotEnabled: (plugin: string): ProblemError =>
    problem(404, 'http.plugin_not_enabled', 'The plugin is not enabled', {
      detail: `The plugin ${plugin} is not enabled for this tenant; an admin can enable it.`,
      details: { plugin },
    }),
  crossSite: (): ProblemError =>
    problem(403, 'http.cross_site', 'The request comes from another site', {
      detail: 'A signed-in browser may change things only from pages of this installation.',
    }),
  tooManyRequests: (seconds: number): ProblemError =>
    problem(429, 'http.too_many_requests', 'Too many requests', {
      detail: `Try again in ${seconds} s.`,
      headers: { 'retry-after': String(seconds) },
    }),
  tooManyStreams: (whose: string, most: number, seconds: number): ProblemError =>
    problem(429, 'http.too_many_streams', 'Too many streams are open', {
      detail: `At most ${most} streams may be open for ${whose}. Close one, or share one stream among pages.`,
      headers: { 'retry-after': String(seconds) },
    }),
  lastEventIdInvalid: (): ProblemError =>
    problem(400, 'http.last_event_id_invalid', 'The Last-Event-ID cannot be used', {
      detail: 'Send the id of the last message of this stream as it came, or leave the header out.',
    }),
  idempotencyKeyInvalid: (): ProblemError =>
    problem(400, 'http.idempotency_key_invalid', 'The Idempotency-Key cannot be used', {
      detail: 'Use 1 to 255 visible ASCII characters, best a fresh UUID.',
    }),
  idempotencyKeyReused: (): ProblemError =>
    problem(422, 'http.idempotency_key_reused', 'The Idempotency-Key was used for another request', {
      detail: 'The same key came before with a different route or body. Make a fresh key for each new request.',
    }),
  idempotencyInFlight: (): ProblemError =>
    problem(409, 'http.idempotency_in_flight', 'The first request is still running', {
      detail: 'A request with this Idempotency-Key has not been answered yet. Try again shortly.',
      headers: { 'retry-after': '1' },
    }),
  idempotencyShownOnce: (): ProblemError =>
    problem(409, 'http.idempotency_shown_once', 'The first request was done', {
      detail: 'Its answer held a secret, which is shown once and kept nowhere. Read what was made from its list.',
    }),
  idempotencyDone: (): ProblemError =>
    problem(409, 'http.idempotency_done', 'The first request was done', {
      detail: 'Its answer was too long to be kept. Read what it made or changed.',
    }),
  textUnstorable: (): ProblemError =>
    problem(422, 'http.text_unstorable', 'A text cannot be stored', {
      detail: 'One of the texts holds a zero byte or half a character.',
    }),
  versionMissing: (): ProblemError =>
    problem(428, 'http.version_missing', 'The version is missing', {
      detail: 'Send If-Match with the ETag you have read, so that no change of others is lost.',
    }),
  versionDiffers: (): ProblemError =>
    problem(412, 'http.version_differs', 'It was changed meanwhile', {
      detail: 'The ETag in If-Match is not the current one. Read it again and repeat the change.',
    }),
  cursorInvalid: (): ProblemError =>
    problem(422, 'http.cursor_invalid', 'The cursor cannot be used', {
      errors: [{ in: 'query', path: 'cursor', message: 'Is not a cursor of this list.' }],
    }),
  databaseAway: (): ProblemError =>
    problem(503, 'http.database_away', 'The database does not answer', {
      detail:
        'What this request was to change may or may not have been kept. Send it again shortly, with the same Idempotency-Key or message ids.',
      headers: { 'retry-after': '1' },
    }),
  diskFull: (): ProblemError =>
    problem(507, 'http.disk_full', 'There is no space left', {
      detail: 'The disk of the database is full and nothing of this request was kept. An operator has to make space.',
      headers: { 'retry-after': '60' },
    }),
  internal: (): ProblemError =>
    problem(500, 'http.internal', 'Something went wrong here', {
      detail: 'The error was logged; name the request id when you report it.',
    }),
} as const;
