import { homePanels, type Actor } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import type { z } from 'zod';
import type { PluginDoor } from '../http/index.ts';
import { continueTrace } from '../telemetry/index.ts';
import { openBootJournal } from './boot/index.ts';
import { invoke, type Invocation } from './calls/invoke.ts';
import { createOutbox } from './calls/outbox.ts';
import type { PluginHostDeps } from './deps.ts';
import { detail, edgesOf, summarize, type GraphEdge, type PluginDetails, type PluginSummary } from './describe.ts';
import { discoverPlugins, type Discovery, type PluginDirectory } from './discovery/index.ts';
import { examine, type Finding } from './doctor.ts';
import { PluginErrors } from './errors.ts';
import type { ContractGraph } from './graph/index.ts';
import type { Hangar } from './lifecycle/bring-up.ts';
import { createHints } from './lifecycle/hints.ts';
import { createLifecycle } from './lifecycle/lifecycle.ts';
import { createRegistry } from './lifecycle/registry.ts';
import { createStatusBoard } from './lifecycle/status.ts';
import { createPoints, type PointEntry } from './points.ts';
import { guardProcess } from './runtime/guard.ts';
import { closedFor } from './tenants/consent.ts';
import { writeDecision, type Decider, type Decision } from './tenants/decisions.ts';
import { createTenantFacts } from './tenants/facts.ts';
import { createDoor } from './wiring/door.ts';
import { listCommands, runCommand, type CommandRequest, type PluginCommand } from './wiring/commands.ts';
import { mountOf } from './wiring/routes.ts';
import { activeTenants } from './wiring/tenants.ts';
import type { MutableWorld } from './world.ts';

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

/** A panel on the start page. */
export type HomePanel = z.output<(typeof homePanels)['methods']['panel']['output']> & { readonly plugin: string };

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
  /** The tenants for which a plugin answers; for cron. */
  enabledTenants(plugin: string): AsyncIterable<string>;
  /** Tells every plugin that keeps something outside of tables that a tenant ends. */
  purgeTenant(tenant: string): Promise<void>;
  /** Settings or decisions of a tenant were changed elsewhere. */
  forgetTenant(tenant: string): void;
  /** Whether a plugin can work for a tenant, by its own word. */
  checkHealth(plugin: string, tenant: string): Promise<{ readonly ok: boolean; readonly reason?: string }>;
  /** Entries of a point, as declared. */
  entries(point: string): readonly PointEntry[];
  /** The panels that plugins show on a tenant's start page. */
  panels(tenant: string): Promise<readonly HomePanel[]>;
  commands(): readonly PluginCommand[];
  runCommand(request: CommandRequest): Promise<void>;
}

const SYSTEM_ACTOR: Actor = { kind: 'system', id: 'host' };
const POLL_MS = 2000;
const IMPORT_MS = 10_000;

/**
 * Sets up the plugin host. Nothing happens before `start`.
 *
 * @example
 * ```ts
 * const plugins = createPluginHost(deps, { directories: [{ dir: config.pluginsDir, trusted: true }], strict: config.strict });
 * await plugins.start();
 * ```
 */
export function createPluginHost(deps: PluginHostDeps, options: PluginHostOptions = {}): PluginHost {
  const { directories = [], extra, strict = false, reserved = [], pollMs = POLL_MS, importMs = IMPORT_MS } = options;
  const { log, clock, database } = deps;
  const board = createStatusBoard(clock);
  const journal = openBootJournal(options.journal);
  const facts = createTenantFacts({
    database,
    freshMs: pollMs > 0 ? pollMs : POLL_MS,
    onError: (tenant, error) =>
      log.warn({ err: error, tenant }, 'What a tenant decided about plugins could not be read anew'),
  });
  const world: MutableWorld = {
    deps,
    loaded: new Map(),
    services: new Map(),
    points: createPoints(),
    facts,
    outbox: createOutbox(deps),
    now: () => clock.now(),
    frozenClock: options.frozenClock ?? false,
    reasonOf: (id) => board.get(id)?.reason,
  };
  const hangar = {
    world,
    board,
    journal,
    sources: new Map(),
    off: new Map(),
    attempts: new Map(),
    reserved,
    strict,
    importMs,
    careful: journal.suspects.length > 1,
  } satisfies Hangar;
  const registry = createRegistry(deps);
  let changes = 0;
  let polling: NodeJS.Timeout | undefined;
  let unguard: (() => void) | undefined;

  const hints = createHints(database, log, (hint) => {
    if ('tenant' in hint) facts.forget(hint.tenant);
    else void converge();
  });
  const lifecycle = createLifecycle({ hangar, registry, hints, onChange: () => void changes++ });
  const converge = async (): Promise<void> => {
    try {
      await lifecycle.converge();
    } catch (error) {
      log.warn({ err: error }, 'Looking for what other nodes were told about plugins failed; trying again');
    }
  };
  const poll = async (): Promise<void> => {
    await converge();
    if (polling) polling = setTimeout(() => void poll(), pollMs).unref();
  };

  const call = (request: CallRequest): Promise<unknown> =>
    invoke(world, {
      ...request,
      actor: request.actor ?? SYSTEM_ACTOR,
      trace: request.trace ?? continueTrace().traceId,
    });
  const statusOf = (id: string) => {
    const status = board.get(id);
    if (!status) throw PluginErrors.unknown(id);
    return status;
  };
  const summary = (id: string): PluginSummary => summarize(statusOf(id), hangar.sources.get(id)?.json);
  const discover = async (): Promise<Discovery> => {
    const found = await discoverPlugins(directories);
    return extra
      ? { sources: [...found.sources, ...extra.sources], broken: [...found.broken, ...extra.broken] }
      : found;
  };
  const tell = async (tenant: string, plugin: string, change: 'enable' | 'disable' | 'purge'): Promise<void> => {
    if (!world.loaded.get(plugin)?.json.declares.tenant.includes(change)) return;
    await call({ plugin, target: target.tenant(change), input: null, tenant });
  };

  return {
    discover,
    async start() {
      if (options.guard)
        unguard = guardProcess({
          onPlugin(plugin, error) {
            log.error({ err: error, plugin }, 'A plugin threw where nobody caught it');
            void lifecycle.degrade(
              plugin,
              `it threw where nobody caught it: ${error instanceof Error ? error.message : String(error)}`,
            );
          },
          onHost(error) {
            log.error({ err: error }, 'Something threw where nobody caught it; the process ends');
            process.exit(1);
          },
        });
      await lifecycle.start(await discover());
      deps.health?.add('plugins', () => pluginHealth(board.all()), { required: false });
      if (pollMs <= 0) return;
      hints.start();
      polling = setTimeout(() => void poll(), pollMs).unref();
    },
    async stop(graceMs = 10_000) {
      clearTimeout(polling);
      polling = undefined;
      await hints.stop();
      await lifecycle.stop(graceMs);
      unguard?.();
    },
    invoke: call,
    door: createDoor({ world, sources: () => hangar.sources, graph: () => lifecycle.graph(), changed: () => changes }),
    list: () => board.all().map(({ id }) => summary(id)),
    knows: (id) => hangar.sources.has(id),
    show(id) {
      const json = hangar.sources.get(id)?.json;
      return detail(statusOf(id), json, lifecycle.graph(), json ? mountOf(json) : '');
    },
    graph() {
      const contracts = lifecycle.graph();
      return { contracts, edges: edgesOf(contracts) };
    },
    doctor: () =>
      examine(board.all(), lifecycle.graph(), new Map([...hangar.sources].map(([id, { json }]) => [id, json]))),
    async retry(id, actor) {
      await lifecycle.retry(id, actor);
      return summary(id);
    },
    async switchOn(id, actor) {
      await lifecycle.switchOn(id, actor);
      return summary(id);
    },
    async switchOff(id, actor) {
      await lifecycle.switchOff(id, actor);
      return summary(id);
    },
    degrade: (id, reason) => lifecycle.degrade(id, reason),
    async decide(tenant, plugin, decision, actor) {
      if (!hangar.sources.has(plugin)) throw PluginErrors.unknown(plugin);
      // While it is still enabled: afterwards it would not be let in.
      if (decision.enabled === false)
        await tell(tenant, plugin, 'disable').catch((error: unknown) =>
          log.warn({ err: error, plugin, tenant }, 'A plugin did not take its leave'),
        );
      await writeDecision(deps, tenant, plugin, decision, actor);
      facts.forget(tenant);
      hints.send({ tenant });
      if (decision.enabled === true) await tell(tenant, plugin, 'enable');
    },
    async standing(tenant, plugin) {
      const source = hangar.sources.get(plugin);
      if (!source) throw PluginErrors.unknown(plugin);
      const { id, capabilities, optionalCapabilities } = source.json;
      const closed = closedFor(
        { id, trusted: source.trusted, capabilities, optionalCapabilities },
        await facts.get(tenant),
      );
      return closed ? closed.why : world.loaded.has(plugin) ? 'open' : 'down';
    },
    async *enabledTenants(plugin) {
      const loaded = world.loaded.get(plugin);
      if (!loaded) return;
      for await (const tenant of activeTenants(deps)) if (!closedFor(loaded, await facts.get(tenant))) yield tenant;
    },
    async purgeTenant(tenant) {
      for (const { id } of world.loaded.values()) await tell(tenant, id, 'purge');
      facts.forget(tenant);
    },
    forgetTenant(tenant) {
      facts.forget(tenant);
      hints.send({ tenant });
    },
    async checkHealth(plugin, tenant) {
      const loaded = world.loaded.get(plugin);
      if (!loaded) return { ok: false, reason: statusOf(plugin).reason ?? 'it does not run' };
      if (!loaded.json.declares.health) return { ok: true };
      try {
        // The kernel passes on what the plugin's typed check returned.
        return (await call({ plugin, target: target.health, input: null, tenant })) as { ok: boolean; reason?: string };
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : String(error) };
      }
    },
    entries: (point) => world.points.list(point),
    async panels(tenant) {
      const known = await facts.get(tenant);
      const open = world.points.list(homePanels.id).filter(({ plugin }) => {
        const loaded = world.loaded.get(plugin);
        return loaded && !closedFor(loaded, known);
      });
      const panels = await Promise.all(
        open.map(async ({ plugin, id }): Promise<HomePanel[]> => {
          try {
            const answer = await call({
              plugin,
              target: target.entry(homePanels.id, id, 'panel'),
              input: undefined,
              tenant,
            });
            return [{ ...homePanels.methods.panel.output.parse(answer), plugin }];
          } catch (error) {
            log.warn({ err: error, plugin, panel: id }, 'A panel of the start page was left out');
            return [];
          }
        }),
      );
      return panels.flat();
    },
    commands: () => listCommands(world),
    runCommand: (request) => runCommand(world, request),
  };
}

function pluginHealth(statuses: readonly { readonly id: string; readonly state: string }[]) {
  const down = statuses.filter(({ state }) => state === 'degraded').map(({ id }) => id);
  return down.length === 0
    ? ({ ok: true } as const)
    : ({ ok: false, reason: `Degraded: ${down.join(', ')}.` } as const);
}
