import type { Config } from '../../config/index.ts';
import type { Health, Metrics } from '../../telemetry/index.ts';
import type { CoreRoute } from '../core-route.ts';
import { healthRoutes } from './health.ts';
import { metricsRoute } from './metrics.ts';
import { pageRoutes, type PageDeps } from './pages.ts';

/** What the installation's own routes need. */
export interface SystemDeps extends Pick<PageDeps, 'homePanels' | 'log' | 'plugins'> {
  readonly config: Pick<Config, 'metricsToken' | 'publicUrl'>;
  readonly metrics: Metrics;
  readonly health: Health;
}

/** Routes of the installation itself: health, metrics, the start page and the reference. */
export const createSystemRoutes = (deps: SystemDeps, ownDocument: PageDeps['ownDocument']): CoreRoute[] => [
  ...healthRoutes(deps.health),
  metricsRoute(deps.metrics, deps.config.metricsToken),
  ...pageRoutes({
    publicUrl: deps.config.publicUrl,
    log: deps.log,
    plugins: deps.plugins,
    ownDocument,
    ...(deps.homePanels && { homePanels: deps.homePanels }),
  }),
];
