import { createAudit, migrations as auditMigrations, type Audit } from '../../audit/index.ts';
import { createApp, createPluginRoutes, type HttpApp } from '../../http/index.ts';
import { createLimits } from '../../limits/index.ts';
import { createSealer, createSecrets, settingsRoutes } from '../../settings/index.ts';
import { createHealth, createMetrics, silentLog } from '../../telemetry/index.ts';
import { operatorRoutes, workspaceRoutes } from '../../tenancy/index.ts';
import type { TestServer } from '@podlift/testkit/postgres';
import { identityRoutes } from '../index.ts';
import { openRooms, type Rooms, type RoomsOptions } from './rooms.ts';

/** The rooms behind the real edge. */
export interface AppRooms extends Rooms {
  readonly app: HttpApp;
  readonly audit: Audit;
  /** A browser that keeps cookies and sends the Origin of its pages. */
  browser(host?: string): Browser;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A form as a browser sends it. */
  submit(path: string, values: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  json(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

export async function openApp(server: TestServer, options: RoomsOptions = {}): Promise<AppRooms> {
  const rooms = await openRooms(server, {
    ...options,
    audit: createAudit,
    migrations: [...auditMigrations, ...(options.migrations ?? [])],
  });
  const { database, identity, tenancy, access, settings, quotas } = rooms;
  const publicUrl = options.publicUrl ?? 'http://podlift.test';
  const clock = { now: () => Date.now() };
  const audit = createAudit(database);
  const secrets = createSecrets({ database, clock, sealer: createSealer([database.options.masterKey]) });
  secrets.declare('acme.ads', ['token']);
  const none = createPluginRoutes([]);
  const routes = [
    ...operatorRoutes({ tenancy, audit }),
    ...workspaceRoutes({ tenancy, quotas, audit }),
    ...settingsRoutes({ settings, secrets, audit }),
    ...identityRoutes({ identity, access, tenancy, audit, signUp: options.signUp ?? false }),
  ];
  access.assertRoutes(routes);
  const app = createApp({
    config: {
      bodyLimit: 1 << 20,
      requestMs: 30_000,
      ratePerMinute: 0,
      trustedProxies: [],
      publicUrl,
      metricsToken: undefined,
    },
    log: silentLog,
    metrics: createMetrics({ process: false }),
    health: createHealth(),
    clock,
    limits: createLimits({}),
    authenticate: (request) => identity.authenticate(request),
    tenants: tenancy,
    resolvePrincipal: (credential, tenant) => identity.resolvePrincipal(credential, tenant),
    openScope: () => ({ resolve: () => undefined, dispose: () => undefined }),
    plugins: {
      routes: () => none,
      isEnabled: () => true,
      serve: async () => new Response(null, { status: 404 }),
      documents: () => [],
    },
    routes,
  });
  return { ...rooms, app, audit, browser: (host = new URL(publicUrl).origin) => createBrowser(app, host) };
}

function createBrowser(app: HttpApp, origin: string): Browser {
  const cookies = new Map<string, string>();
  const send = async (method: string, path: string, headers: Record<string, string>, body?: BodyInit) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await app.request(`${origin}${path}`, {
      method,
      headers: { host: new URL(origin).host, ...(cookie && { cookie }), ...headers },
      ...(body !== undefined && { body }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      const equals = pair.indexOf('=');
      if (/max-age=0/i.test(set)) cookies.delete(pair.slice(0, equals));
      else cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return response;
  };
  return {
    cookies,
    get: (path, headers = {}) => send('GET', path, headers),
    submit: (path, values, headers = {}) =>
      send(
        'POST',
        path,
        { origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
        new URLSearchParams(values).toString(),
      ),
    json: (method, path, body, headers = {}) =>
      send(
        method,
        path,
        { origin, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        body === undefined ? undefined : JSON.stringify(body),
      ),
  };
}
