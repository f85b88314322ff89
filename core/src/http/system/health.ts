import type { Health } from '../../telemetry/index.ts';
import { rawRoute, type CoreRoute } from '../core-route.ts';

const NOT_COUNTED = { permission: 'public', tenant: 'none', ratePerMinute: 0 } as const;

/** `/health/live`: this process answers. `/health/ready`: it can serve, with a reason for each part that cannot. */
export const healthRoutes = (health: Health): CoreRoute[] => [
  rawRoute({ ...NOT_COUNTED, methods: ['GET'], path: '/health/live' }, (c) =>
    c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }),
  ),
  rawRoute({ ...NOT_COUNTED, methods: ['GET'], path: '/health/ready' }, async (c) => {
    const report = await health.report();
    return c.json(report, report.status === 'failing' ? 503 : 200, { 'cache-control': 'no-store' });
  }),
];
