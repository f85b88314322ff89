import type { Access } from '../access/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import type { Files } from '../files/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Net } from '../net/index.ts';
import type { Flags, QuotaLeases, Secrets, Settings, Usage } from '../settings/index.ts';
import type { Health, Log, Metrics } from '../telemetry/index.ts';
import type { Tenancy } from '../tenancy/index.ts';

/** What the plugin host needs of the other rooms, under the names that the composition root gives them. */
export interface PluginHostDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly events: Pick<EventBus, 'register' | 'unregister' | 'wake'>;
  readonly jobs: Pick<Jobs, 'define' | 'undefine'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly settings: Pick<Settings, 'register' | 'unregister' | 'get'>;
  readonly secrets: Pick<Secrets, 'get' | 'declare'>;
  /** Without them flags are what their plugins declare. */
  readonly flags?: Pick<Flags, 'declare' | 'withdraw' | 'values'>;
  /** Without them nothing that lands is limited. */
  readonly leases?: Pick<QuotaLeases, 'spend' | 'refund'>;
  /** Without it nothing is counted. */
  readonly usage?: Pick<Usage, 'add' | 'addExact' | 'declare' | 'read'>;
  readonly access: Pick<Access, 'contribute' | 'withdraw'>;
  readonly net: Pick<Net, 'fetch'>;
  readonly files: Pick<Files, 'kinds' | 'stage' | 'stat' | 'open' | 'read' | 'list' | 'deleteIn' | 'link'>;
  readonly tenancy: Pick<Tenancy, 'bySlug' | 'create' | 'list' | 'purge'>;
  readonly health?: Health;
  readonly metrics?: Metrics;
}
