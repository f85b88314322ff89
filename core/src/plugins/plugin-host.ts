import type { Actor, Identifier, SearchEntry } from '@podlift/sdk';
import type { PluginDoor } from '../http/index.ts';
import type { Channels } from '../notify/index.ts';
import type { Invocation } from './calls/invoke.ts';
import type { GraphEdge, PluginDetails, PluginSummary } from './describe.ts';
import type { Discovery, PluginDirectory } from './discovery/index.ts';
import type { Finding } from './doctor.ts';
import type { ContractGraph } from './graph/index.ts';
import type { PointEntry } from './points.ts';
import type { Decider, Decision } from './tenants/decisions.ts';
import type { CommandRequest, PluginCommand } from './wiring/commands.ts';
import type { HealthAnswer } from './wiring/health.ts';
import type { HomePanel } from './wiring/panels.ts';
import type { FindableKind } from '../search/index.ts';

/** How a plugin host is set up; what the other rooms give is in `PluginHostDeps`. */
export interface PluginHostOptions {
  /** Where plugins lie. */
  readonly directories?: readonly PluginDirectory[];
  /** Plugins that lie nowhere: a test's own. */
  readonly extra?: Discovery;
  /** Freeze and check what crosses between plugins. */
  readonly strict?: boolean;
  /** The file of the boot journal; without it nothing is kept. */
  readonly journal?: string;
  /** Paths that belong to the product itself. */
  readonly reserved?: readonly string[];
  /** How often to look for what other nodes were told; 0 never. */
  readonly pollMs?: number;
  /** How long a plugin's module may take to load. */
  readonly importMs?: number;
  /** Errors that nobody caught degrade their plugin instead of ending the process. */
  readonly guard?: boolean;
  /** The clock stands still during a call, as in tests. */
  readonly frozenClock?: boolean;
}

/** What a call from outside says; the host adds the rest. */
export type CallRequest = Omit<Invocation, 'parent' | 'trace' | 'actor'> & {
  readonly actor?: Actor;
  readonly trace?: string;
};

/** The plugins of an installation: found, loaded, called, and kept from harming each other. */
export interface PluginHost {
  /** Finds, migrates and starts all plugins. Fails only when the database does. */
  start(): Promise<void>;
  stop(graceMs?: number): Promise<void>;
  /** What lies in the directories, without loading anything. */
  discover(): Promise<Discovery>;
  /** The one way into a plugin. */
  invoke(request: CallRequest): Promise<unknown>;
  /** As the edge sees it: routes, documents, answers. */
  readonly door: PluginDoor;
  list(): readonly PluginSummary[];
  /** Whether it could be read, so that it can be enabled or tried again. */
  knows(id: string): boolean;
  /** @throws PodliftError when there is no such plugin. */
  show(id: string): PluginDetails;
  graph(): { readonly contracts: ContractGraph; readonly edges: readonly GraphEdge[] };
  doctor(): readonly Finding[];
  /** An operator's second try: what was degraded is loaded anew, with those that need it. */
  retry(id: string, actor: Decider): Promise<PluginSummary>;
  switchOn(id: string, actor: Decider): Promise<PluginSummary>;
  switchOff(id: string, actor: Decider): Promise<PluginSummary>;
  /** Takes a plugin out of service for what it did. */
  degrade(id: string, reason: string): Promise<void>;
  /** A tenant's decision. A plugin is told after it was enabled and before it is disabled. */
  decide(tenant: string, plugin: string, decision: Decision, actor: Decider): Promise<void>;
  /** Whether a plugin answers for a tenant, and if not, why. */
  standing(tenant: string, plugin: string): Promise<'open' | 'disabled' | 'consent' | 'down'>;
  /** The active tenants for which a plugin answers, those among them that are wanted; for cron. */
  enabledTenants(plugin: string, wanted?: (tenant: string) => boolean): AsyncIterable<string>;
  /** A tenant was made: plugins that are enabled for everybody are told, as if it had enabled them. */
  welcomeTenant(tenant: string): Promise<void>;
  /** Tells every plugin that keeps something outside of tables that a tenant ends. */
  purgeTenant(tenant: string): Promise<void>;
  /** Settings or decisions of a tenant were changed elsewhere. */
  forgetTenant(tenant: string): void;
  /** Whether a plugin can work for a tenant, by its own word. */
  checkHealth(plugin: string, tenant: string): Promise<HealthAnswer>;
  /** The further names by which plugins know a person. @throws what a plugin throws: half a person is none. */
  nameSubject(tenant: string, identifiers: readonly Identifier[]): Promise<Identifier[]>;
  /** Entries of a point, as declared. */
  entries(point: string): readonly PointEntry[];
  /** What somebody needs beside `events:read` to see events of a type, by the word of the plugin that emits them. */
  permissionOfEvent(type: string): string | undefined;
  /** Ways by which messages reach people, contributed by plugins. */
  readonly channels: Channels;
  /** The panels that plugins show on a tenant's start page. */
  panels(tenant: string): Promise<readonly HomePanel[]>;
  /** The kinds of things that can be found in a tenant. */
  findableKinds(tenant: string): Promise<readonly FindableKind[]>;
  /** Those of them that can be listed. */
  searchSources(tenant: string): Promise<readonly { readonly plugin: string; readonly kind: string }[]>;
  /** The things of one kind, page by page. */
  listFindable(
    tenant: string,
    of: { readonly plugin: string; readonly kind: string },
    page: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly entries: readonly SearchEntry[]; readonly next?: string | undefined }>;
  commands(): readonly PluginCommand[];
  runCommand(request: CommandRequest): Promise<void>;
}
