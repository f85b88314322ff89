import type { Audit } from '../audit/index.ts';
import type { CoreRoute } from '../http/index.ts';
import type { Identity } from '../identity/index.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import type { NotifyDeps } from './deps.ts';
import { inboxRoutes } from './inbox-routes.ts';
import { mailboxRoutes } from './mail/mailbox-routes.ts';
import type { Notify } from './notify.ts';
import { preferenceRoutes } from './preference-routes.ts';
import { unsubscribeRoutes } from './unsubscribe-routes.ts';

export interface NotifyRouteDeps extends Pick<NotifyDeps, 'config' | 'database' | 'clock' | 'tenancy' | 'events'> {
  readonly notify: Notify;
  readonly audit: Pick<Audit, 'record'>;
  readonly identity: Pick<Identity, 'authenticate' | 'origins'>;
}

/** Every route of the room: inbox, preferences, deliveries, the link at the end of a mail, and the mailbox of developers. */
export function notifyRoutes(deps: NotifyRouteDeps): CoreRoute[] {
  const { config, database, clock, tenancy, events, notify, audit, identity } = deps;
  const { feed, channels, driver, tokens, mailbox } = notify;
  return [
    ...inboxRoutes({ database, clock, feed }),
    ...preferenceRoutes({ database, channels, mails: driver.kind !== 'none', audit }),
    ...deliveryRoutes({ database, clock, events, audit }),
    ...unsubscribeRoutes({ database, tokens, tenancy, audit }),
    ...(mailbox ? mailboxRoutes({ mailbox, config, identity }) : []),
  ];
}
