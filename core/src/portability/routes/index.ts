import type { CoreRoute } from '../../http/index.ts';
import type { PortabilityRouteDeps } from './deps.ts';
import { exportRoutes } from './exports.ts';
import { privacyRoutes } from './privacy.ts';

export type { PortabilityRouteDeps } from './deps.ts';

/** What members and operators do with a tenant's data as a whole, and with a person's. */
export const portabilityRoutes = (deps: PortabilityRouteDeps): CoreRoute[] => [
  ...exportRoutes(deps),
  ...privacyRoutes(deps),
];
