import type { Clock } from '../../config/index.ts';

/** Where a plugin stands in its life on this node. */
export type PluginState = 'discovered' | 'migrating' | 'starting' | 'active' | 'degraded' | 'disabled' | 'stopped';

/** A plugin's state, since when, and for `degraded` and `disabled` why. */
export interface PluginStatus {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  readonly state: PluginState;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Where a plugin has come to, and by which states. */
export interface StatusChange extends PluginStatus {
  readonly passed: readonly Pick<PluginStatus, 'state' | 'reason'>[];
}

/** The states of all plugins on this node. */
export interface StatusBoard {
  set(plugin: Pick<PluginStatus, 'id' | 'version' | 'digest'>, state: PluginState, reason?: string): void;
  get(id: string): PluginStatus | undefined;
  all(): readonly PluginStatus[];
  /** What changed since the last call, for the table and the audit trail. */
  takeChanges(): readonly StatusChange[];
}

/** Keeps them in memory. */
export function createStatusBoard(clock: Clock): StatusBoard {
  const board = new Map<string, PluginStatus>();
  /** The states since the changes were taken, by plugin. */
  const changed = new Map<string, PluginStatus[]>();
  return {
    set({ id, version, digest }, state, reason) {
      const before = board.get(id);
      if (before?.state === state && before.reason === reason && before.digest === digest) return;
      const status = { id, version, digest, state, ...(reason !== undefined && { reason }), since: clock.now() };
      board.set(id, status);
      changed.set(id, [...(changed.get(id) ?? []), status]);
    },
    get: (id) => board.get(id),
    all: () => [...board.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    takeChanges() {
      const found = [...changed.values()].flatMap((states) => {
        const last = states.at(-1);
        return last ? [{ ...last, passed: states.slice(0, -1) }] : [];
      });
      changed.clear();
      return found;
    },
  };
}
