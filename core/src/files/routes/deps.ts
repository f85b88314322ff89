import type { Audit } from '../../audit/index.ts';
import type { Files } from '../files.ts';

/** What the routes ask of other rooms. */
export interface FileRouteDeps {
  readonly files: Files;
  readonly audit: Pick<Audit, 'record'>;
  /** Bytes of one file. */
  readonly maxBytes: number;
  readonly now: () => number;
  /** A tenant that is not active has its links closed. */
  readonly isActive: (tenant: string) => Promise<boolean>;
  /** Whether a plugin runs for the tenant. */
  readonly isEnabled: (plugin: string, tenant: string) => boolean | Promise<boolean>;
}
