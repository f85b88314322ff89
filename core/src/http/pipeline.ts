import type { Context, MiddlewareHandler, Next } from 'hono';
import type { Clock, Config } from '../config/index.ts';
import { countedAddress, type Limits } from '../limits/index.ts';
import { continueTrace, inSpan, SPAN_ERROR, traceOf, type Log, type Metrics, type Trace } from '../telemetry/index.ts';
import { withActs, type Acts } from './acts.ts';
import { checkJsonBody, limitBody } from './body.ts';
import { createOriginReader } from './client-address.ts';
import { isCrossSite } from './cross-site.ts';
import { withDeadline } from './deadline.ts';
import type { Authenticate, OpenScope, PluginDoor, ResolvePrincipal, TenantLookup } from './doors.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import { answerOptions, createSecureHeaders } from './headers.ts';
import { withIdempotency } from './idempotency.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import { createAnswerMeter, type AnswerUsage } from './meter.ts';
import { createObserver } from './observe.ts';
import { checkPermission } from './permission.ts';
import { anonymous, type Credential, type Principal } from './principal.ts';
import type { RouteRules } from './rules.ts';
import { createRateLimit } from './rate-limit.ts';
import { RequestLog } from './request-log.ts';
import type { FoundRoute, Router } from './router.ts';
import { toProblem } from './respond.ts';
import { bePatientWith } from './slow-bodies.ts';
import { RequestScope } from './scope.ts';
import { createStreamGate, type StreamLimits } from './stream-gate.ts';
import { findTenant } from './tenant-of.ts';

/** What the pipeline asks other rooms; the composition root wires them. */
export interface PipelineDeps<C extends Credential = Credential> {
  readonly config: Pick<Config, 'bodyLimit' | 'requestMs' | 'trustedProxies' | 'publicUrl' | 'ratePerMinute'> &
    Partial<Pick<Config, 'tenantRatePerMinute'>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly authenticate: Authenticate<C>;
  readonly tenants: TenantLookup;
  readonly resolvePrincipal: ResolvePrincipal<C>;
  readonly plugins: Pick<PluginDoor, 'isEnabled' | 'whyDown'>;
  readonly openScope: OpenScope;
  readonly idempotency?: IdempotencyStore;
  /** Without it nothing is kept of who did what. */
  readonly acts?: Acts;
  /** Where answers are counted. */
  readonly usage?: AnswerUsage;
  /** How many streams of events may be open; bounds of the product when absent. */
  readonly streams?: StreamLimits;
}

type Step = (c: Context<HttpEnv>) => void | Promise<void>;

/**
 * What every request passes, from top to bottom, before a route's handler. A step throws a problem to end the request;
 * whatever is thrown, anywhere, becomes problem+json in `respond.ts`. Hot path, see bench/.
 */
export function createPipeline<C extends Credential>(
  deps: PipelineDeps<C>,
  routes: Router<FoundRoute>,
): MiddlewareHandler<HttpEnv>[] {
  const { config, clock } = deps;
  const readOrigin = createOriginReader(config.trustedProxies);
  const secure = createSecureHeaders(config.publicUrl);
  const observe = createObserver(deps);
  const meter = createAnswerMeter(deps.usage);
  const rate = createRateLimit(deps.limits, config);
  const own = new URL(config.publicUrl);
  const streams = createStreamGate(askAgain, {
    clock,
    metrics: deps.metrics,
    ...(deps.streams && { limits: deps.streams }),
  });
  let proxyNoticed = false;

  /** Once: behind such a proxy everybody has one address, and one who guesses keys locks out all. */
  function noticeProxy(peer: string): void {
    if (proxyNoticed) return;
    proxyNoticed = true;
    deps.log.warn(
      { peer },
      'Requests come through a proxy that is not trusted, so all of them count as one client; if it is yours, list it in PODLIFT_TRUSTED_PROXIES',
    );
  }

  /** Gives the request an id and a place in its trace, and the answer its headers; counts and times it. */
  function identify(c: Context<HttpEnv>, next: Next): Promise<void> {
    const { method } = c.req;
    const traceparent = c.req.header('traceparent');
    const options = { kind: 'server', traceparent, root: true, attributes: { 'http.request.method': method } } as const;
    return inSpan(method, options, async (span) => {
      const came = continueTrace(traceparent);
      await answer(c, next, span ? traceOf(span, came.parentId) : came);
      const route = c.get('found')?.template;
      span?.setAttributes({
        'http.response.status_code': c.res.status,
        ...(route !== undefined && { 'http.route': route }),
      });
      if (route !== undefined) span?.updateName(`${method} ${route}`);
      if (c.res.status >= 500) span?.setStatus({ code: SPAN_ERROR });
    });
  }

  async function answer(c: Context<HttpEnv>, next: Next, trace: Trace): Promise<void> {
    // `app.request()` gives no bindings, whatever the type says.
    c.env ??= {};
    const origin = readOrigin((name) => c.req.header(name), c.req.url, c.env.incoming);
    const requestId = trace.spanId;
    c.set('requestId', requestId);
    c.set('trace', trace);
    c.set('origin', origin);
    c.set('ip', origin.ip);
    if (origin.behindUnknownProxy) noticeProxy(origin.ip);
    c.set('log', new RequestLog(deps.log, requestId, trace.traceId));
    const counted = meter(c);
    await observe(c, next);
    counted();
    if (!isChangeable(c.res)) c.res = new Response(c.res.body, c.res);
    const { headers } = c.res;
    headers.set('x-request-id', requestId);
    const rated = c.get('rate');
    if (rated) {
      // A limit of the route itself may stand there already.
      headers.append('ratelimit-policy', rated.policy);
      headers.append('ratelimit', rated.state);
    }
    secure(headers, c.get('found')?.rules);
  }

  /** Finds the route that will answer: its rules decide how the steps act. OPTIONS is answered here. */
  function findRoute(c: Context<HttpEnv>): Response | undefined {
    const { method, path } = c.req;
    const found = routes.match(method, path);
    if (found) {
      c.set('found', found);
      return undefined;
    }
    const methods = routes.methods(path);
    if (methods.length === 0) throw HttpErrors.routeUnknown(method, path);
    if (method !== 'OPTIONS') throw HttpErrors.methodNotAllowed(method, methods);
    const asked = routes.match(c.req.header('access-control-request-method') ?? methods[0] ?? '', path);
    if (asked) c.set('found', asked);
    const spoken = methods.map((one) => routes.match(one, path)?.rules.optionsHeaders).find((one) => one !== undefined);
    return answerOptions(methods, asked?.rules.cors === 'open', spoken);
  }

  /** Bounds the size of what is sent. */
  const limit: Step = (c) => {
    const { rules } = c.get('found');
    if (rules.body === 'stream' && c.env.incoming) bePatientWith(c.env.incoming);
    limitBody(c, rules.bodyLimit ?? config.bodyLimit, rules.body === 'stream');
  };

  /** Finds out what was sent as a credential, first its kind, then whether it is good, and how often it comes. */
  const authenticate: Step = async (c) => {
    const { rules } = c.get('found');
    const ip = c.get('ip');
    const address = `ip:${countedAddress(ip)}`;
    if (rules.permission === 'public') return rate(c, address, rules);
    await rate.checkFailures(c);
    const credential = await deps.authenticate(c.req.raw, { ip }).catch(async (error: unknown) => {
      if (isRefusal(error)) await rate.countFailure(ip);
      throw error;
    });
    await rate(c, credential ? `credential:${credential.id}` : address, rules);
    if (!credential) throw HttpErrors.notSignedIn();
    if (isCrossSite(c.req.method, credential, (name) => c.req.header(name), ownOrigins(own, c.get('origin').host)))
      throw HttpErrors.crossSite();
    c.set('credential', credential);
  };

  const tenantFor = (rules: RouteRules, host: string, header: string | undefined, credential: Credential | undefined) =>
    findTenant(deps.tenants, rules, { host: host === own.host ? '' : withoutPort(host), header, credential });

  /** For streams: the steps of a request that decide who may come in, asked again with the same headers, and not counted. */
  function askAgain(c: Context<HttpEnv>): () => Promise<Principal> {
    const { rules } = c.get('found');
    const { host } = c.get('origin');
    const ip = c.get('ip');
    const header = c.req.header('podlift-tenant');
    const request = new Request(c.req.url, { headers: new Headers([...c.req.raw.headers]) });
    return async () => {
      const credential = rules.permission === 'public' ? undefined : await deps.authenticate(request, { ip });
      if (!credential && rules.permission !== 'public') throw HttpErrors.notSignedIn();
      const found = await tenantFor(rules, host, header, credential);
      const principal = credential ? await deps.resolvePrincipal(credential, found) : anonymous(found);
      if (!principal) throw HttpErrors.tenantUnknown(found?.slug ?? '');
      checkPermission(rules, principal);
      return principal;
    };
  }

  /** Host name, else header, else the key's own; two that disagree are refused. */
  const tenant: Step = async (c) => {
    const { host } = c.get('origin');
    c.set('tenant', await tenantFor(c.get('found').rules, host, c.req.header('podlift-tenant'), c.get('credential')));
  };

  /** What the owner of the credential may do in that tenant. */
  const actor: Step = async (c) => {
    // `authenticate` above put the credential there that this installation's own rooms made.
    const credential = c.get('credential') as C | undefined;
    const found = c.get('tenant');
    const principal = credential ? await deps.resolvePrincipal(credential, found) : anonymous(found);
    if (!principal) throw HttpErrors.tenantUnknown(found?.slug ?? '');
    c.set('principal', principal);
    // Only who belongs to a tenant uses up what is its own.
    if (credential && found) await rate.ofTenant(c, found.id, c.get('found').rules);
  };

  /** Of a plugin that does not run nobody knows the permissions: members hear why it is down, and not that they may not. */
  const permission: Step = (c) => {
    const found = c.get('found');
    const { tenant: of, actor: who } = c.get('principal');
    // Why something is down is nothing for strangers.
    const told = found.kind === 'plugin' && of !== undefined && who.kind !== 'anonymous';
    const down = told && deps.plugins.whyDown?.(found.route.plugin);
    if (down) throw down;
    checkPermission(found.rules, c.get('principal'));
  };

  /** A plugin that the tenant has not enabled does not exist for it. */
  const enabled: Step = async (c) => {
    const found = c.get('found');
    const { tenant: of } = c.get('principal');
    if (found.kind === 'plugin' && of && !(await deps.plugins.isEnabled(found.route.plugin, of.id)))
      throw HttpErrors.pluginNotEnabled(found.route.plugin);
  };

  /** Bounds how deep it nests. Only now is the body read: a stranger's is never held in memory. */
  const depth: Step = (c) => (c.get('found').rules.body === 'stream' ? undefined : checkJsonBody(c));

  const STEPS: readonly Step[] = [limit, authenticate, tenant, actor, permission, enabled, depth];

  /** Runs the steps, then the handler in a scope of its own; a repeated POST is answered from memory. */
  async function run(c: Context<HttpEnv>, next: Next): Promise<void> {
    for (const step of STEPS) {
      const going = step(c);
      if (going) await going;
    }
    const scope = new RequestScope(() =>
      deps.openScope(c.get('principal'), { id: c.get('requestId'), trace: c.get('trace') }),
    );
    c.set('scope', scope);
    c.set('streams', streams);
    const act = (): Promise<void> => withActs(c, deps.acts, next);
    try {
      if (deps.idempotency && c.req.header('idempotency-key') !== undefined)
        await withIdempotency(c, deps.idempotency, act);
      else await act();
    } finally {
      await scope.close();
    }
  }

  /** Finds the route, and gives it the time that its rules allow. */
  async function handle(c: Context<HttpEnv>, next: Next): Promise<Response | undefined> {
    const answer = findRoute(c);
    if (answer) return answer;
    const ms = c.get('found').rules.timeoutMs ?? config.requestMs;
    c.set('deadline', clock.now() + ms);
    await withDeadline(ms, () => run(c, next));
    return undefined;
  }

  return [identify, handle as MiddlewareHandler<HttpEnv>];
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

/** A bad credential, not a failure to look at it. */
const isRefusal = (error: unknown): boolean => [401, 403].includes(toProblem(error).status);

/** Pages of the installation itself and of the tenant host that is being asked. */
const ownOrigins = (own: URL, host: string): string[] => [own.origin, `${own.protocol}//${host}`];

/** Answers of `fetch` have headers that cannot be changed. */
function isChangeable({ headers }: Response): boolean {
  try {
    headers.delete('x-request-id');
    return true;
  } catch {
    return false;
  }
}
