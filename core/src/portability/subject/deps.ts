import type { Identifier } from '@podlift/sdk';
import type { Audit } from '../../audit/index.ts';
import type { Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import type { Files } from '../../files/index.ts';
import type { Sealer, Secrets, Settings } from '../../settings/index.ts';
import type { PrivacyCatalog } from '../catalog/privacy.ts';

/** What requests of persons need of the other rooms. */
export interface SubjectDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly files: Pick<Files, 'put' | 'open' | 'moving'>;
  readonly secrets: Pick<Secrets, 'get' | 'put' | 'delete'>;
  readonly settings: Pick<Settings, 'get'>;
  readonly audit: Pick<Audit, 'record' | 'redact'>;
  readonly privacy: () => Promise<PrivacyCatalog>;
  /** Further names of a person, by the word of plugins. @throws when a plugin that names people does not run. */
  readonly nameSubject: (tenant: string, identifiers: readonly Identifier[]) => Promise<Identifier[]>;
  /** Where the list of erasures is kept outside of the database; without it, only in it. */
  readonly journal?: ErasureJournal;
  /** Seals the key of the hashes into that list, should a restore go back to before there was one. */
  readonly sealer?: Pick<Sealer, 'seal' | 'open'>;
}

/** Erasures that outlive the database: after a restore to a moment before them they are carried out again. */
export interface ErasureJournal {
  append(tenant: string, line: string): Promise<void>;
  read(tenant: string): Promise<string[]>;
}
