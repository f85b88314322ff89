import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metrics } from '../../telemetry/index.ts';
import { isLoopback } from '../client-address.ts';
import { rawRoute, type CoreRoute } from '../core-route.ts';
import { problem } from '../problem.ts';

/** `/metrics` for Prometheus: with the token that was configured, or without one from this machine only. */
export const metricsRoute = (metrics: Metrics, token: string | undefined): CoreRoute =>
  rawRoute(
    { methods: ['GET'], path: '/metrics', permission: 'public', tenant: 'none', ratePerMinute: 0 },
    async (c) => {
      const { ip, behindUnknownProxy } = c.get('origin');
      const allowed = token
        ? isSame(c.req.header('authorization'), `Bearer ${token}`)
        : isLoopback(ip) && !behindUnknownProxy;
      if (!allowed)
        throw problem(403, 'http.metrics_closed', 'Metrics are not open to you', {
          detail: 'Read them from this machine, or set PODLIFT_METRICS_TOKEN and send it as a bearer token.',
        });
      return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
    },
  );

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(digest(given), digest(expected));
