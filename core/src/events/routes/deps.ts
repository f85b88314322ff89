import type { Audit } from '../../audit/index.ts';
import type { Principal } from '../../http/index.ts';
import type { EventBus } from '../bus.ts';

export interface EventRouteDeps {
  readonly events: EventBus;
  readonly audit: Pick<Audit, 'record'>;
  /** What a plugin asks for its events beside `events:read`. */
  readonly permissionOfEvent?: (type: string) => string | undefined;
}

/** Core's own events that are about something that not everybody may see who may see events. */
const OWN: Readonly<Record<string, string>> = {
  'core.settings-changed': 'settings:read',
  'core.job-requested': 'jobs:read',
  'core.jobs-requested': 'jobs:read',
  'core.notification-requested': 'notifications:read',
};

/** Whether somebody may see events of a type. */
export function mayRead(
  { permissionOfEvent }: Pick<EventRouteDeps, 'permissionOfEvent'>,
  principal: Principal,
  type: string,
): boolean {
  const needed = OWN[type.slice(0, type.lastIndexOf('@'))] ?? permissionOfEvent?.(type);
  return principal.can('events:read') && (needed === undefined || principal.can(needed));
}
