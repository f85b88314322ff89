/** @module Plugins over REST: for workspaces and for the operator. */
import type { CoreRoute } from '../../http/index.ts';
import type { PluginHost } from '../plugin-host.ts';
import { operatorRoutes } from './operator.ts';
import { tenantRoutes } from './tenant.ts';

/** Every route of the plugins room. */
export const pluginRoutes = (rooms: { readonly plugins: PluginHost }): CoreRoute[] => [
  ...tenantRoutes(rooms),
  ...operatorRoutes(rooms),
];
