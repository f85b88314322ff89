import type { Access } from '../access/index.ts';
import type { Clock, Config } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Sealer } from '../settings/index.ts';
import type { Health, Log, Metrics } from '../telemetry/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import type { Channels } from './channels.ts';
import type { MailDriver } from './mail/mail.ts';
import type { People } from './people.ts';

/** What the notify room needs of the others, under the names that the composition root gives them. */
export interface NotifyDeps {
  readonly config: Pick<
    Config,
    'publicUrl' | 'baseDomain' | 'masterKey' | 'oldMasterKeys' | 'mode' | 'smtpUrl' | 'mailFrom'
  >;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Pick<Limits, 'take'>;
  readonly access: Pick<Access, 'abilityFor'>;
  readonly tenancy: Pick<Tenancy, 'byId' | 'settings'>;
  readonly events: Pick<EventBus, 'register' | 'wake'>;
  readonly jobs: Pick<Jobs, 'define'>;
  readonly people: People;
  /** Channels of plugins; none when absent. */
  readonly channels?: Channels;
  /** Milliseconds before the second attempt at a delivery; for tests. */
  readonly backoffMs?: number;
  /** The way mails leave; from the configuration when absent. */
  readonly driver?: MailDriver;
  /** Seals letters until they have left; the master keys of the configuration when absent. */
  readonly sealer?: Sealer;
  readonly metrics?: Metrics;
  readonly health?: Health;
}
