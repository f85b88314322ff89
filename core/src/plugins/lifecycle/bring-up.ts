import { homePanels, notifyChannels } from '@podlift/sdk';
import { migrate } from '../../data/index.ts';
import type { BootJournal } from '../boot/index.ts';
import { toGraphNode, type PluginSource } from '../discovery/index.ts';
import { computeGraph, findMisfit, type ContractGraph } from '../graph/index.ts';
import type { MutableWorld } from '../world.ts';
import { activate, deactivate } from './activate.ts';
import { importInTime, prepare, reasonOf, type Prepared } from './load.ts';
import { ownerOf, publishedViews } from './owners.ts';
import type { StatusBoard } from './status.ts';

/** What bringing plugins up works on. */
export interface Hangar {
  readonly world: MutableWorld;
  readonly board: StatusBoard;
  readonly journal: BootJournal;
  /** All that can be loaded, also those that are off. */
  readonly sources: ReadonlyMap<string, PluginSource>;
  /** Not to be loaded, and why: switched off, or held after a crash. */
  readonly off: ReadonlyMap<string, string>;
  readonly attempts: Map<string, number>;
  readonly reserved: readonly string[];
  readonly strict: boolean;
  readonly importMs: number;
  /** One after the other, after a start that several plugins may have ended. */
  readonly careful: boolean;
}

/** The graph of everything installed, where `broken` counts as down. */
export const graphOf = ({ sources, reserved }: Hangar, broken: ReadonlyMap<string, string>): ContractGraph =>
  computeGraph(
    [...sources.values()].map(({ json }) => toGraphNode(json)),
    { reserved, broken, hostPoints: [homePanels.id, notifyChannels.id] },
  );

/**
 * Loads, migrates and starts the given plugins, each after what it needs. One that fails at any step is degraded with its reason,
 * takes down those that need it, and nobody else.
 */
export async function bringUp(hangar: Hangar, candidates: ReadonlySet<string>): Promise<void> {
  const { board, sources, off } = hangar;
  const broken = new Map(off);
  for (const id of sources.keys()) {
    const status = board.get(id);
    if (!candidates.has(id) && status?.state === 'degraded') broken.set(id, status.reason ?? 'it failed');
  }
  const fail = (id: string, thrown: unknown): void => {
    const reason = reasonOf(thrown);
    broken.set(id, reason);
    degrade(hangar, id, reason);
    hangar.world.deps.log.warn({ plugin: id, reason }, 'A plugin is degraded');
  };
  /** The candidates that can still run, in order. */
  const able = (): readonly PluginSource[] => {
    const graph = graphOf(hangar, broken);
    for (const [id, { reason }] of graph.refused) if (candidates.has(id)) degrade(hangar, id, reason);
    return graph.order.flatMap((id) => (candidates.has(id) ? (sources.get(id) ?? []) : []));
  };

  for (const { json } of able()) {
    const reason = findMisfit(json, pointsOf(hangar));
    if (reason !== undefined) fail(json.id, new Error(reason));
  }
  const prepared = await prepareAll(hangar, able(), fail);
  await migrateAll(hangar, ready(able(), prepared), fail);
  for (const one of ready(able(), prepared)) {
    // What it needs may have failed a moment ago.
    if (broken.has(one.loaded.id) || !able().includes(one.source)) continue;
    try {
      await activate(hangar.world, one);
      board.set(identity(one.source), 'active');
    } catch (thrown) {
      fail(one.loaded.id, thrown);
    }
  }
  able();
}

/** Who opens which point, by plugin.json. */
function pointsOf({ sources }: Hangar): Parameters<typeof findMisfit>[1] {
  const all = [...sources.values()].flatMap(({ json }) =>
    json.opens.map((point) => [point.id, { point, opener: json.id }] as const),
  );
  return new Map(all);
}

const ready = (sources: readonly PluginSource[], prepared: ReadonlyMap<string, Prepared>): Prepared[] =>
  sources.flatMap(({ json }) => prepared.get(json.id) ?? []);

const identity = ({ json, digest }: PluginSource) => ({ id: json.id, version: json.version, digest });

function degrade({ board, sources }: Hangar, id: string, reason: string): void {
  const source = sources.get(id);
  if (source) board.set(identity(source), 'degraded', reason);
}

/** Imports side by side, then runs each setup under its name in the journal. */
async function prepareAll(
  hangar: Hangar,
  sources: readonly PluginSource[],
  fail: (id: string, thrown: unknown) => void,
): Promise<ReadonlyMap<string, Prepared>> {
  const { world, journal, attempts, strict, importMs, careful } = hangar;
  const prepared = new Map<string, Prepared>();
  const load = async (source: PluginSource) => {
    const { id } = source.json;
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    hangar.board.set(identity(source), 'starting');
    try {
      const plugin = await journal.during(id, 'import', () => importInTime(source, attempt, importMs));
      return { source, plugin };
    } catch (thrown) {
      fail(id, thrown);
      return undefined;
    }
  };
  const setUp = (found: Awaited<ReturnType<typeof load>>): void => {
    if (!found) return;
    const { source, plugin } = found;
    const { id } = source.json;
    try {
      prepared.set(
        id,
        journal.during(id, 'setup', () => prepare(world, source, plugin, strict)),
      );
    } catch (thrown) {
      fail(id, thrown);
    }
  };
  if (careful) for (const source of sources) setUp(await load(source));
  else for (const found of await Promise.all(sources.map(load))) setUp(found);
  return prepared;
}

/** One query decides whose migrations run; each plugin's are one transaction. */
async function migrateAll(
  hangar: Hangar,
  prepared: readonly Prepared[],
  fail: (id: string, thrown: unknown) => void,
): Promise<void> {
  const { world, board, sources } = hangar;
  const views = publishedViews([...sources.values()].map(({ json }) => json));
  const owners = prepared.flatMap((one) => {
    const owner = ownerOf(one, (id) => views.get(id));
    if (owner) board.set(identity(one.source), 'migrating');
    return owner ?? [];
  });
  if (owners.length === 0) return;
  for (const { owner, applied, error } of await migrate(world.deps.database, owners)) {
    if (error) fail(owner, error);
    else if (applied.length > 0) world.deps.log.info({ plugin: owner, migrations: applied }, 'A plugin was migrated');
    const source = sources.get(owner);
    if (!error && source) board.set(identity(source), 'starting');
  }
}

/** Takes a running plugin out with everything that needs it. */
export async function takeDown(
  hangar: Hangar,
  id: string,
  reason: string,
  state: 'degraded' | 'disabled' | 'stopped',
): Promise<void> {
  const { world, board, sources } = hangar;
  const graph = graphOf(hangar, new Map([...hangar.off, [id, reason]]));
  for (const [other, refusal] of graph.refused) {
    const loaded = world.loaded.get(other);
    if (!loaded || other === id) continue;
    await deactivate(world, loaded);
    degrade(hangar, other, refusal.reason);
  }
  const loaded = world.loaded.get(id);
  if (loaded) await deactivate(world, loaded);
  const source = sources.get(id);
  if (source) board.set(identity(source), state, reason);
}
