import type { Link, PluginJson } from '@podlift/sdk/kernel';
import type { Ingester } from '../data/index.ts';
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
  /** Its calls may use `ctx.db`. */
  readonly holdsSql: boolean;
  readonly layouts: ReadonlyMap<string, CollectionLayout>;
  /** Where rows of one of its ingestions land; undefined for one that it does not declare. */
  ingester(name: string): Ingester | undefined;
  stop(): Promise<void>;
}
