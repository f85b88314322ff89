import type { Context, Next } from 'hono';
import type { Log, Metrics } from '../telemetry/index.ts';
import type { HttpEnv } from './env.ts';

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Times and counts requests by route template, never by path or tenant: those have no end. */
export function createObserver({ metrics, log }: { metrics: Metrics; log: Log }) {
  const duration = metrics.histogram('http.server.request.duration', {
    about: 'How long requests took until their answer began.',
    labels: ['http.request.method', 'http.route', 'http.response.status_code'],
  });
  let running = 0;
  metrics.gauge('http.server.active_requests', { about: 'Requests that are being answered.', observe: () => running });

  return async (c: Context<HttpEnv>, next: Next): Promise<void> => {
    const started = performance.now();
    running += 1;
    try {
      await next();
    } finally {
      running -= 1;
    }
    const ms = performance.now() - started;
    const method = KNOWN_METHODS.has(c.req.method) ? c.req.method : '_OTHER';
    const route = c.get('found')?.template ?? '_unknown';
    duration.record(ms / 1000, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': c.res.status,
    });
    log.debug({ requestId: c.get('requestId'), method, path: c.req.path, status: c.res.status, ms }, 'answered');
  };
}
