import type { Manifest, Permission } from '../manifest.ts';
import type { Methods } from '../method.ts';
import type { MigrationOperation } from '../migration.ts';
import type {
  NotificationCategory,
  NotificationChannel,
  NotificationSeverity,
  NotificationType,
} from '../notification.ts';
import type { FileKind } from '../files.ts';
import type { Plugin } from '../plugin.ts';
import type { Privacy } from '../privacy.ts';
import { localViewName } from '../published-view.ts';
import type { SearchKind } from '../search.ts';
import type { Flag } from '../flag.ts';
import type { Meter } from '../meter.ts';
import type { Text } from '../text.ts';
import type { UserInterface } from '../user-interface.ts';
import type { Declaration } from './declaration.ts';
import { jsonSchema } from './json-schema.ts';
import { createKernel } from './kernel.ts';
import { PodliftError } from '../errors.ts';

export interface DescribedMethod {
  readonly input: object;
  readonly output: object;
  readonly optional?: boolean;
  readonly timeoutMs?: number;
}
type DescribedMethods = Readonly<Record<string, DescribedMethod>>;

export interface DescribedCollection {
  readonly schema: object;
  readonly indexes: readonly (readonly string[])[];
  readonly unique: readonly (readonly string[])[];
  readonly privacy: Readonly<Record<string, Privacy>>;
}

export interface DescribedTable {
  readonly scope: 'tenant' | 'directory';
  readonly privacy: Readonly<Record<string, Privacy>>;
}

export interface DescribedData {
  readonly migrations: readonly string[];
  readonly tables: Readonly<Record<string, DescribedTable>>;
  /** `view` is the name in the plugin's own schema. */
  readonly publishes: readonly {
    readonly id: string;
    readonly view: string;
    readonly columns: Readonly<Record<string, string>>;
  }[];
  readonly reads: readonly string[];
  readonly ingest: readonly {
    readonly name: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly quota?: string;
  }[];
}

/** A kind of message, with everything that is needed to show it. */
export interface DescribedNotification {
  readonly name: string;
  readonly title: Text;
  readonly body: Text;
  readonly category: NotificationCategory;
  readonly severity: NotificationSeverity;
  readonly channels: readonly NotificationChannel[];
  readonly link?: string;
  /** JSON schema of the data. */
  readonly data: object;
}

/** plugin.json: everything that can be shown or checked without running the plugin. */
export interface PluginJson {
  readonly id: string;
  readonly version: string;
  readonly sdk: string;
  readonly license: string;
  readonly title: Text;
  readonly description?: Text;
  /** `inline` only for a plugin that needs the host's own process. */
  readonly runtimes: readonly ('inline' | 'isolated')[];
  readonly capabilities: readonly string[];
  readonly optionalCapabilities: readonly string[];
  readonly hosts: readonly string[];
  readonly secrets: readonly string[];
  /** JSON schema. */
  readonly settings?: object;
  /** Ids by the name they get in `ctx.services`. */
  readonly requires: Readonly<Record<string, string>>;
  readonly optional: Readonly<Record<string, string>>;
  readonly provides: readonly { readonly id: string; readonly methods: DescribedMethods }[];
  readonly opens: readonly { readonly id: string; readonly data: object; readonly methods: DescribedMethods }[];
  readonly emits: readonly { readonly id: string; readonly schema: object; readonly permission?: string }[];
  readonly consumes: readonly string[];
  /** Absent when it sends none. */
  readonly notifications?: readonly DescribedNotification[];
  readonly collections: Readonly<Record<string, DescribedCollection>>;
  /** Absent when it keeps no files. */
  readonly files?: Readonly<Record<string, FileKind>>;
  readonly data?: DescribedData;
  readonly permissions: Readonly<Record<string, Permission>>;
  readonly prefixes: readonly string[];
  /** Absent when nothing of it can be found. */
  readonly search?: Readonly<Record<string, SearchKind>>;
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly meters?: Readonly<Record<string, Meter>>;
  readonly ui?: UserInterface;
  readonly limits: { readonly memoryMb?: number; readonly handlerMs?: number; readonly concurrency?: number };
  readonly declares: Declaration;
}

/** Runs a plugin's setup against a recorder and describes all of it. Setup may not ask the host for anything. */
export function recordPlugin(plugin: Plugin): PluginJson {
  const nobody = {
    call: () => Promise.reject(PodliftError.invalidPlugin(plugin.manifest.id, 'asked the host for something in setup')),
  };
  return describePlugin(plugin.manifest, createKernel(plugin, nobody).declaration);
}

/** What plugin.json says of a manifest and of what setup declared. */
export function describePlugin(manifest: Manifest, declares: Declaration): PluginJson {
  const {
    id,
    version,
    sdk,
    license,
    title = id,
    description,
    settings,
    data,
    ui,
    search,
    flags,
    meters,
    consumes = [],
    limits = {},
  } = manifest;
  const {
    capabilities = [],
    optionalCapabilities = [],
    hosts = [],
    secrets = [],
    permissions = {},
    prefixes = [],
  } = manifest;
  const { provides = [], opens = [], emits = [], notifications = [], collections = {} } = manifest;
  return {
    id,
    version,
    sdk,
    license,
    title,
    ...(description !== undefined && { description }),
    runtimes: capabilities.some((one) => INLINE_ONLY.has(one)) ? ['inline'] : ['inline', 'isolated'],
    capabilities,
    optionalCapabilities,
    hosts,
    secrets,
    ...(settings && { settings: jsonSchema(settings) }),
    requires: idsOf(manifest.requires),
    optional: idsOf(manifest.optional),
    provides: provides.map((one) => ({ id: one.id, methods: describeMethods(one.methods) })),
    opens: opens.map((one) => ({ id: one.id, data: jsonSchema(one.data), methods: describeMethods(one.methods) })),
    emits: emits.map((one) => ({
      id: one.id,
      schema: jsonSchema(one.schema),
      ...(one.permission && { permission: one.permission }),
    })),
    consumes: consumes.map((one) => one.id),
    ...(notifications.length > 0 && { notifications: notifications.map(describeNotification) }),
    collections: mapValues(collections, ({ schema, indexes, unique, privacy }) => ({
      schema: jsonSchema(schema),
      indexes,
      unique,
      privacy,
    })),
    ...(manifest.files && { files: manifest.files }),
    ...(data && { data: describeData(manifest) }),
    permissions,
    prefixes,
    ...(search && { search }),
    ...(flags && { flags }),
    ...(meters && { meters }),
    ...(ui && { ui }),
    limits,
    declares,
  };
}

/** Capabilities that hand out objects of the host's own process. */
const INLINE_ONLY: ReadonlySet<string> = new Set(['data:sql', 'data:ingest']);

function mapValues<V, R>(all: Readonly<Record<string, V>>, change: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]));
}

const idsOf = (all: Readonly<Record<string, { readonly id: string }>> = {}): Record<string, string> =>
  mapValues(all, ({ id }) => id);

const describeMethods = (methods: Methods): DescribedMethods =>
  mapValues(methods, ({ input, output, optional, timeoutMs }) => ({
    input: jsonSchema(input),
    output: jsonSchema(output),
    ...(optional && { optional }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }));

const describeNotification = ({
  name,
  title,
  body,
  category,
  severity = 'info',
  channels = ['inbox'],
  link,
  data,
}: NotificationType): DescribedNotification => ({
  name,
  title,
  body,
  category,
  severity,
  channels,
  ...(link !== undefined && { link }),
  data: jsonSchema(data),
});

function describeData({ data }: Manifest): DescribedData {
  const { migrations = [], publishes = [], reads = [], ingest = [] } = data ?? {};
  return {
    migrations: migrations.map(({ name }) => name),
    tables: tablesOf(migrations.flatMap(({ operations }) => operations)),
    publishes: publishes.map((view) => ({ id: view.id, view: localViewName(view), columns: view.columns })),
    reads: reads.map(({ id }) => id),
    ingest: ingest.map(({ name, columns, quota }) => ({ name, columns, ...(quota !== undefined && { quota }) })),
  };
}

/** What the migrations say, all together, about each table's columns. */
function tablesOf(operations: readonly MigrationOperation[]): Record<string, DescribedTable> {
  const tables: Record<string, DescribedTable> = {};
  for (const operation of operations) {
    if (operation.kind === 'tenantTable' || operation.kind === 'directoryTable') {
      const { name, privacy } = operation.table;
      tables[name] = { scope: operation.kind === 'tenantTable' ? 'tenant' : 'directory', privacy };
    } else if (operation.kind === 'privacy') {
      const before = tables[operation.table];
      if (before) tables[operation.table] = { ...before, privacy: { ...before.privacy, ...operation.columns } };
    }
  }
  return tables;
}
