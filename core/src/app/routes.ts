import { auditRoutes } from '../audit/index.ts';
import { eventRoutes } from '../events/index.ts';
import { fileRoutes } from '../files/index.ts';
import { statementRoutes, type CoreRoute } from '../http/index.ts';
import { identityRoutes } from '../identity/index.ts';
import { jobRoutes } from '../jobs/index.ts';
import { notifyRoutes } from '../notify/index.ts';
import { pluginRoutes } from '../plugins/index.ts';
import { portabilityRoutes } from '../portability/index.ts';
import { searchRoutes } from '../search/index.ts';
import { sharingRoutes } from '../sharing/index.ts';
import { flagRoutes, quotaRoutes, settingsRoutes, usageRoutes } from '../settings/index.ts';
import { operatorRoutes, workspaceRoutes } from '../tenancy/index.ts';
import { recoveryRoutes } from '../recovery/index.ts';
import { doctorDeps } from './doctor.ts';
import type { Rooms } from './rooms.ts';

/** Every route of core, from the rooms that own them. */
export const createRoutes = (rooms: Rooms): CoreRoute[] => [
  ...operatorRoutes(rooms),
  ...workspaceRoutes(rooms),
  ...identityRoutes({ ...pick(rooms), signUp: rooms.config.signUp }),
  ...settingsRoutes(rooms),
  ...flagRoutes(rooms),
  ...quotaRoutes(rooms),
  ...usageRoutes(rooms),
  ...pluginRoutes(rooms),
  ...fileRoutes({
    files: rooms.files,
    audit: rooms.audit,
    maxBytes: rooms.config.fileMaxBytes,
    now: () => rooms.clock.now(),
    isActive: async (id) => (await rooms.tenancy.byId(id))?.status === 'active',
    isEnabled: (plugin, tenant) => rooms.plugins.door.isEnabled(plugin, tenant),
  }),
  ...jobRoutes(rooms),
  ...notifyRoutes(rooms),
  ...eventRoutes({
    events: rooms.events,
    audit: rooms.audit,
    permissionOfEvent: (type) => rooms.plugins.permissionOfEvent(type),
  }),
  ...auditRoutes(rooms),
  ...recoveryRoutes({ recovery: rooms.recovery, audit: rooms.audit, doctor: doctorDeps(rooms) }),
  ...portabilityRoutes(rooms),
  ...searchRoutes(rooms),
  ...statementRoutes(rooms),
  ...sharingRoutes(rooms),
];

/** The cradle is a proxy: what it holds is taken by name, not by spreading. */
const pick = ({ identity, access, audit, tenancy }: Rooms) => ({ identity, access, audit, tenancy });
