import type { CoreRoute } from '../http/index.ts';
import { authRoutes } from './auth-route.ts';
import type { Identity } from './identity.ts';
import { invitationRoutes } from './invitation-routes.ts';
import { keyRoutes, type KeyRouteDeps } from './key-routes.ts';
import { meRoutes } from './me-routes.ts';
import type { Tenancy } from '../tenancy/index.ts';
import { memberRoutes } from './member-routes.ts';
import { newTenantRoute } from './new-tenant-route.ts';
import { pageRoutes } from './pages/page-routes.ts';

export interface IdentityRouteDeps extends Pick<KeyRouteDeps, 'access' | 'audit'> {
  readonly tenancy: Pick<Tenancy, 'byId' | 'get'>;
  readonly identity: Identity;
  /** Whether people register by themselves. */
  readonly signUp: boolean;
}

/** Every route of the identity room: pages, better-auth, and the REST of people, keys and members. */
export const identityRoutes = (deps: IdentityRouteDeps): CoreRoute[] => [
  ...pageRoutes(deps.identity, deps.tenancy, deps),
  ...authRoutes(deps.identity),
  ...meRoutes(deps),
  ...keyRoutes(deps),
  ...memberRoutes(deps),
  ...invitationRoutes(deps),
  newTenantRoute(deps),
];
