import type { Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import type { Files } from '../../files/index.ts';
import type { Identity } from '../../identity/index.ts';
import type { Secrets } from '../../settings/index.ts';
import type { Tenancy } from '../../tenancy/index.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';

/** A plugin of this installation. */
export interface InstalledPlugin {
  readonly id: string;
  readonly version: string;
}

/** What moving a tenant needs of the other rooms. */
export interface TransferDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly files: Pick<Files, 'moving'>;
  readonly secrets: Pick<Secrets, 'get' | 'put'>;
  readonly identity: Pick<Identity, 'organizations'>;
  readonly tenancy: Pick<Tenancy, 'byName' | 'forget'>;
  /** What is declared of every column, of the host and of every plugin that can be read. */
  readonly privacy: () => Promise<PrivacyCatalog>;
  readonly installed: () => Promise<readonly InstalledPlugin[]>;
  /** What follows when a tenant has come in: plugins make what they keep elsewhere. */
  readonly arrived: (tenant: string) => Promise<void>;
}
