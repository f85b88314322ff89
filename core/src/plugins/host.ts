import type { Actor } from '@podlift/sdk';
import { errorData, target } from '@podlift/sdk/kernel';
import { createComputePool } from '../jobs/index.ts';
import { continueTrace } from '../telemetry/index.ts';
import { openBootJournal } from './boot/index.ts';
import { invoke } from './calls/invoke.ts';
import { createOutbox } from './calls/outbox.ts';
import type { PluginHostDeps } from './deps.ts';
import { detail, edgesOf, summarize, type PluginSummary } from './describe.ts';
import { discoverPlugins, type Discovery } from './discovery/index.ts';
import { examine } from './doctor.ts';
import { PluginErrors } from './errors.ts';
import type { Hangar } from './lifecycle/bring-up.ts';
import { createHints } from './lifecycle/hints.ts';
import { createLifecycle } from './lifecycle/lifecycle.ts';
import { createRegistry } from './lifecycle/registry.ts';
import { createStatusBoard } from './lifecycle/status.ts';
import { createPoints } from './points.ts';
import { guardProcess } from './runtime/guard.ts';
import { closedFor } from './tenants/consent.ts';
import { assertNamed, writeDecision } from './tenants/decisions.ts';
import { createTenantFacts } from './tenants/facts.ts';
import { createDoor } from './wiring/door.ts';
import { listCommands, runCommand } from './wiring/commands.ts';
import { checkHealth } from './wiring/health.ts';
import { nameSubject } from './wiring/subject.ts';
import { channelsOf } from './wiring/channels.ts';
import { readPanels } from './wiring/panels.ts';
import { findableKinds, listFindable, searchSources } from './wiring/search.ts';
import { mountOf } from './wiring/routes.ts';
import type { CallRequest, PluginHost, PluginHostOptions } from './plugin-host.ts';
import { openTenants } from './wiring/open-tenants.ts';
import type { MutableWorld } from './world.ts';

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
  const compute = createComputePool({ log });
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
    compute,
    now: () => clock.now(),
    frozenClock: options.frozenClock ?? false,
    reasonOf: (id) => board.get(id)?.reason,
    called: countCalls(deps),
    failed: countFailures(deps),
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
      deps.metrics?.gauge('podlift.plugins.degraded', {
        about: 'Plugins that are switched off with a reason',
        observe: () => board.all().filter(({ state }) => state === 'degraded').length,
      });
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
      await compute.close();
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
      const json = hangar.sources.get(plugin)?.json;
      if (!json) throw PluginErrors.unknown(plugin);
      assertNamed(json, decision);
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
    async *enabledTenants(plugin, wanted) {
      const loaded = world.loaded.get(plugin);
      if (loaded) yield* openTenants(database, loaded, wanted);
    },
    async welcomeTenant(tenant) {
      const known = await facts.get(tenant);
      for (const loaded of world.loaded.values())
        if (!closedFor(loaded, known)) await tell(tenant, loaded.id, 'enable');
    },
    async purgeTenant(tenant) {
      for (const { id } of world.loaded.values()) await tell(tenant, id, 'purge');
      facts.forget(tenant);
    },
    forgetTenant(tenant) {
      facts.forget(tenant);
      hints.send({ tenant });
    },
    checkHealth: (plugin, tenant) => checkHealth(world, plugin, tenant),
    nameSubject: (tenant, identifiers) => nameSubject(world, tenant, identifiers),
    entries: (point) => world.points.list(point),
    permissionOfEvent(type) {
      for (const { json } of world.loaded.values())
        for (const emitted of json.emits) if (emitted.id === type) return emitted.permission;
      return undefined;
    },
    channels: channelsOf(world),
    panels: (tenant) => readPanels(world, tenant),
    findableKinds: (tenant) => findableKinds(world, tenant),
    searchSources: (tenant) => searchSources(world, tenant),
    listFindable: (tenant, of, page) => listFindable(world, tenant, of, page),
    commands: () => listCommands(world),
    runCommand: (request) => runCommand(world, request),
  };
}

/** Calls by plugin and the time they took. Kept in numbers of our own: this is the hot path. */
function countCalls({ metrics }: PluginHostDeps): (plugin: string, ms: number) => void {
  const work = new Map<string, { calls: number; ms: number }>();
  const read = (pick: (of: { calls: number; ms: number }) => number) => () =>
    [...work].map(([plugin, of]) => [{ plugin }, pick(of)] as const);
  metrics?.sums('podlift.plugins.calls', {
    about: 'Calls into plugins that ended',
    labels: ['plugin'],
    read: read(({ calls }) => calls),
  });
  metrics?.sums('podlift.plugins.time', {
    about: 'How long they took, from the call to its end',
    labels: ['plugin'],
    unit: 's',
    read: read(({ ms }) => ms / 1000),
  });
  return (plugin, ms) => {
    const of = work.get(plugin);
    if (of) {
      of.calls += 1;
      of.ms += ms;
    } else work.set(plugin, { calls: 1, ms });
  };
}

/** Failures by plugin and code. */
function countFailures({ metrics }: PluginHostDeps): (plugin: string, thrown: unknown) => void {
  const failures = metrics?.counter('podlift.plugins.failures', {
    about: 'Calls into plugins that failed',
    labels: ['plugin', 'code'],
  });
  return (plugin, thrown) => failures?.add(1, { plugin, code: errorData(thrown).code });
}

function pluginHealth(statuses: readonly { readonly id: string; readonly state: string }[]) {
  const down = statuses.filter(({ state }) => state === 'degraded').map(({ id }) => id);
  return down.length === 0
    ? ({ ok: true } as const)
    : ({ ok: false, reason: `Degraded: ${down.join(', ')}.` } as const);
}
