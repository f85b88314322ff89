import type { Access } from '../access/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import type { EventBus } from '../events/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { Secrets, Settings } from '../settings/index.ts';
import type { Health, Log, Metrics } from '../telemetry/index.ts';

/** One act for the audit trail. */
export interface AuditEntry {
  readonly tenant?: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly action: string;
  readonly target: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the plugin host needs of the other rooms; the composition root hands it over. */
export interface PluginHostDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  readonly bus: Pick<EventBus, 'register' | 'unregister' | 'wake'>;
  readonly jobs: Pick<Jobs, 'define' | 'undefine'>;
  readonly audit: { record(tx: Tx | null, entry: AuditEntry): Promise<unknown> };
  readonly settings: Settings;
  readonly secrets: Pick<Secrets, 'get'>;
  readonly access: Pick<Access, 'contribute' | 'withdraw'>;
  readonly net: NetDoor;
  readonly files: FilesDoor;
  readonly ingest: IngestDoor;
  readonly tenants: TenantsDoor;
  readonly health?: Health;
  readonly metrics?: Metrics;
}

/** The only way out. */
export interface NetDoor {
  fetch(
    url: string,
    init: RequestInit,
    rules: { readonly hosts: readonly string[]; readonly signal?: AbortSignal },
  ): Promise<Response>;
}

/** The tenant's files. */
export interface FilesDoor {
  put(
    tenant: string,
    bytes: Uint8Array,
    about: { readonly type: string; readonly name: string; readonly owner: string },
  ): Promise<{ readonly digest: string; readonly size: number }>;
  get(tenant: string, digest: string): Promise<Uint8Array | undefined>;
  exists(tenant: string, digest: string): Promise<boolean>;
}

/** Lands rows of many tenants in one flight. */
export interface IngestDoor {
  land(
    target: { readonly schema: string; readonly name: string; readonly columns: Readonly<Record<string, string>> },
    tenant: string,
    columns: Readonly<Record<string, readonly unknown[]>>,
  ): Promise<readonly boolean[]>;
}

/** Tenants as the plugin host walks and makes them. */
export interface TenantsDoor {
  /** Ids of the tenants that are active. */
  active(): Promise<readonly string[]>;
  ensure(tenant: { readonly slug: string; readonly name: string }): Promise<{ readonly id: string }>;
  purge(slug: string): Promise<unknown>;
}
