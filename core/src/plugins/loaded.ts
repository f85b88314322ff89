import type { Link, PluginJson } from '@podlift/sdk/kernel';
import type { CallTable } from './calls/table.ts';
import type { Gate } from './calls/gate.ts';
import type { CollectionLayout } from './collections/index.ts';
import type { Consented } from './tenants/consent.ts';

/** A plugin that runs in this process. */
export interface LoadedPlugin extends Consented {
  readonly version: string;
  readonly json: PluginJson;
  readonly link: Link;
  readonly calls: CallTable;
  readonly gate: Gate;
  /** How long a handler may take when its contract does not say. */
  readonly handlerMs: number;
  /** Its schema and role in the database; absent when it keeps nothing there. */
  readonly role?: string;
  readonly layouts: ReadonlyMap<string, CollectionLayout>;
  /** The SQL columns of its ingestions by name. */
  readonly ingestions: ReadonlyMap<string, Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}
