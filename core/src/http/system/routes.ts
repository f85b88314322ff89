import type { Config } from '../../config/index.ts';
import type { Health, Metrics } from '../../telemetry/index.ts';
import type { CoreRoute } from '../core-route.ts';
import { healthRoutes } from './health.ts';
import { metricsRoute } from './metrics.ts';

/** What the installation's own routes need. */
export interface SystemDeps {
  readonly config: Pick<Config, 'metricsToken'>;
  readonly metrics: Metrics;
  readonly health: Health;
}

/** Routes of the installation itself: health and metrics. */
export const createSystemRoutes = ({ config, metrics, health }: SystemDeps): CoreRoute[] => [
  ...healthRoutes(health),
  metricsRoute(metrics, config.metricsToken),
];
