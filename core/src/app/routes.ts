import type { CoreRoute } from '../http/index.ts';
import { operatorRoutes, workspaceRoutes } from '../tenancy/index.ts';
import type { Rooms } from './rooms.ts';

/** Every route of core, from the rooms that own them. */
export function createRoutes(rooms: Rooms): CoreRoute[] {
  return [...operatorRoutes(rooms), ...workspaceRoutes(rooms)];
}
