import type { Discovery, PluginSource } from '../discovery/index.ts';
import { PluginErrors } from '../errors.ts';
import { dependantsOf, type ContractGraph } from '../graph/index.ts';
import { deactivate } from './activate.ts';
import { bringUp, graphOf, takeDown, type Hangar } from './bring-up.ts';
import type { Hints } from './hints.ts';
import type { PluginRegistry, PluginRow } from './registry.ts';

interface Actor {
  readonly kind: string;
  readonly id: string;
}

/** The life of the plugins on this node, and what this node tells the others. */
export interface Lifecycle {
  start(discovery: Discovery): Promise<void>;
  stop(graceMs: number): Promise<void>;
  /** An operator's second try. */
  retry(id: string, actor: Actor): Promise<void>;
  /** An operator's switch for the whole installation. */
  switchOn(id: string, actor: Actor): Promise<void>;
  switchOff(id: string, actor: Actor): Promise<void>;
  /** Out of service because of what it did while it ran. */
  degrade(id: string, reason: string): Promise<void>;
  /** Follows what other nodes were told. */
  converge(): Promise<void>;
  graph(): ContractGraph;
}

export interface LifecycleOptions {
  readonly hangar: Hangar & {
    readonly sources: Map<string, PluginSource>;
    readonly off: Map<string, string>;
  };
  readonly registry: PluginRegistry;
  readonly hints: Hints;
  /** Something came or went: routes are built anew. */
  readonly onChange: () => void;
}

const BY_OPERATOR = 'an operator switched it off';

/** Runs one change after the other: two at once would see each other half done. */
export function createLifecycle({ hangar, registry, hints, onChange }: LifecycleOptions): Lifecycle {
  const { world, board, sources, off, journal } = hangar;
  /** Revisions that this node has followed. */
  const followed = new Map<string, number>();
  let queue: Promise<unknown> = Promise.resolve();
  let graph: ContractGraph | undefined;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work, work);
    queue = next.catch(() => undefined);
    return next;
  };
  const settle = async (): Promise<void> => {
    graph = undefined;
    onChange();
    await registry.save(board.takeChanges());
  };
  const identityOf = (id: string) => {
    const source = sources.get(id);
    if (!source) throw PluginErrors.unknown(id);
    return { id, version: source.json.version, digest: source.digest };
  };
  /** The plugin, and those that wait for it. */
  const withDependants = (id: string): ReadonlySet<string> => {
    const all = graphOf(hangar, new Map());
    return new Set([id, ...dependantsOf(all, id)].filter((one) => !world.loaded.has(one) && !off.has(one)));
  };

  /** Suspects of the last start, and what operators wished, before anything is loaded. */
  const readWishes = async (): Promise<void> => {
    const [culprit, ...others] = journal.suspects;
    if (culprit && others.length === 0 && sources.has(culprit.plugin))
      await registry.hold(identityOf(culprit.plugin), `the process ended in its ${culprit.phase}: ${culprit.cause}`);
    for (const row of (await registry.read()).values()) follow(row);
  };
  const follow = (row: PluginRow): void => {
    followed.set(row.id, row.revision);
    const source = sources.get(row.id);
    if (!source) return;
    if (row.wanted === 'off') off.set(row.id, BY_OPERATOR);
    // A new version gets a new chance.
    else if (row.held && row.digest === source.digest) off.set(row.id, row.reason ?? 'it took the process down');
    else off.delete(row.id);
    const reason = off.get(row.id);
    if (reason !== undefined) board.set(identityOf(row.id), row.wanted === 'off' ? 'disabled' : 'degraded', reason);
  };

  const wish = async (id: string, wanted: 'on' | 'off', actor: Actor, action: string): Promise<void> => {
    identityOf(id);
    const row = await registry.wish(id, wanted, actor, action);
    if (!row) throw PluginErrors.unknown(id);
    await apply(row, true);
    hints.send({ plugins: true });
  };
  /** Makes this node do what a row says. */
  const apply = async (row: PluginRow, again: boolean): Promise<void> => {
    const loaded = world.loaded.has(row.id);
    follow(row);
    if (row.wanted === 'off' && loaded) await takeDown(hangar, row.id, BY_OPERATOR, 'disabled');
    else if (row.wanted === 'on' && !loaded && again && !off.has(row.id)) await bringUp(hangar, withDependants(row.id));
    await settle();
  };

  return {
    graph: () => (graph ??= graphOf(hangar, new Map())),
    start: ({ sources: found, broken }) =>
      inTurn(async () => {
        for (const source of found) {
          sources.set(source.json.id, source);
          board.set(identityOf(source.json.id), 'discovered');
        }
        for (const { id, version, reason } of broken) board.set({ id, version, digest: '' }, 'degraded', reason);
        await readWishes();
        await bringUp(hangar, new Set([...sources.keys()].filter((id) => !off.has(id))));
        journal.clear();
        await settle();
      }),
    stop: (graceMs) =>
      inTurn(async () => {
        const until = Date.now() + graceMs;
        const running = [...world.loaded.values()].toReversed();
        while (Date.now() < until && running.some(({ calls }) => calls.size > 0))
          await new Promise((resolve) => setTimeout(resolve, 10));
        for (const loaded of running) {
          await deactivate(world, loaded);
          board.set(identityOf(loaded.id), 'stopped');
        }
        // The table tells what an installation has, not that one of its nodes went home.
        board.takeChanges();
        onChange();
      }),
    retry: (id, actor) => inTurn(() => wish(id, 'on', actor, 'plugin.retry')),
    switchOn: (id, actor) => inTurn(() => wish(id, 'on', actor, 'plugin.switch-on')),
    switchOff: (id, actor) => inTurn(() => wish(id, 'off', actor, 'plugin.switch-off')),
    degrade: (id, reason) =>
      inTurn(async () => {
        if (!world.loaded.has(id)) return;
        await takeDown(hangar, id, reason, 'degraded');
        await settle();
      }),
    converge: () =>
      inTurn(async () => {
        for (const row of (await registry.read()).values())
          // A row that this node wrote itself has the first revision, which is nobody's wish.
          if (sources.has(row.id) && row.revision > (followed.get(row.id) ?? 1)) await apply(row, true);
      }),
  };
}
