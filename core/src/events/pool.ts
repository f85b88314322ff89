/** Whose turn a delivery is. */
export interface Turn {
  readonly subscriber: string;
  readonly tenant: string;
  /** Turns of this subscriber at the same time. */
  readonly most: number;
  /** It is all that the tenant has waiting, and little: it goes before long work. */
  readonly quick?: boolean;
}

/** Runs deliveries, so many at a time, and lets nobody take all places. */
export interface Pool {
  run<T>(turn: Turn, fn: () => Promise<T>): Promise<T>;
}

export interface PoolOptions {
  /** Places for deliveries that go on quickly. */
  readonly fast: number;
  /** Places to which those that take long are moved, so that they do not stand in the way. */
  readonly slow: number;
  /** How long a delivery may take until it counts as slow. */
  readonly slowAfterMs?: number;
  /** Places that one tenant may have while others wait; an eighth of all when absent. */
  readonly perTenant?: number;
}

interface Task {
  readonly turn: Turn;
  readonly start: () => void;
}

/** The deliveries of one subscriber. */
interface Lane {
  readonly quick: Task[];
  readonly long: Task[];
  fast: number;
  slow: number;
}

interface Running {
  readonly turn: Turn;
  readonly lane: Lane;
  readonly since: number;
  slow: boolean;
}

const SLOW_AFTER_MS = 200;
/** After so many quick ones a long one has its turn. */
const QUICK_IN_A_ROW = 4;

/**
 * Subscribers take turns, and the tenants of each. Whoever takes longer than `slowAfterMs` is moved to a place among the
 * slow, of which there are as many again per subscriber: one that sleeps delays nobody else.
 */
export function createPool(options: PoolOptions): Pool {
  const { fast: size, slow: slowSize, slowAfterMs = SLOW_AFTER_MS } = options;
  const { perTenant = Math.max(2, Math.floor((size + slowSize) / 8)) } = options;
  /** A quarter is kept free for tenants that have no place yet. */
  const shared = size - Math.floor(size / 4);
  const lanes = new Map<string, Lane>();
  const running = new Set<Running>();
  const tenants = new Map<string, number>();
  let fast = 0;
  let slow = 0;
  let waiting = 0;
  let quickly = 0;
  let sweeper: NodeJS.Timeout | undefined;

  const mayRun = ({ tenant }: Turn): boolean => (tenants.get(tenant) ?? 0) < perTenant || fast < shared;

  const takeFrom = (tasks: Task[]): Task | undefined => {
    const at = tasks.findIndex(({ turn }) => mayRun(turn));
    return at === -1 ? undefined : tasks.splice(at, 1)[0];
  };

  /** The next task of the subscriber whose turn it is; that one goes to the end of the line. */
  const next = (): { task: Task; lane: Lane } | undefined => {
    if (waiting === 0 || fast >= size) return undefined;
    for (const [subscriber, lane] of lanes) {
      const [first] = lane.quick.length > 0 ? lane.quick : lane.long;
      if (!first || lane.fast >= first.turn.most) continue;
      const longFirst = quickly >= QUICK_IN_A_ROW;
      const task = longFirst
        ? (takeFrom(lane.long) ?? takeFrom(lane.quick))
        : (takeFrom(lane.quick) ?? takeFrom(lane.long));
      if (!task) continue;
      quickly = longFirst ? 0 : quickly + 1;
      lanes.delete(subscriber);
      lanes.set(subscriber, lane);
      return { task, lane };
    }
    return undefined;
  };

  const fill = (): void => {
    for (let found = next(); found; found = next()) {
      waiting--;
      found.task.start();
    }
    if (waiting > 0) sweeper ??= setInterval(sweep, slowAfterMs / 4);
    else if (sweeper) {
      clearInterval(sweeper);
      sweeper = undefined;
    }
  };

  /** Only while somebody waits: makes room where one takes long. */
  const sweep = (): void => {
    const before = performance.now() - slowAfterMs;
    for (const one of running) {
      // In the order in which they began.
      if (one.since > before || slow >= slowSize) break;
      if (one.slow || one.lane.slow >= one.turn.most) continue;
      one.slow = true;
      one.lane.slow++;
      one.lane.fast--;
      slow++;
      fast--;
    }
    fill();
  };

  const begin = (turn: Turn, lane: Lane): Running => {
    const one = { turn, lane, since: performance.now(), slow: false };
    running.add(one);
    lane.fast++;
    fast++;
    tenants.set(turn.tenant, (tenants.get(turn.tenant) ?? 0) + 1);
    return one;
  };

  const end = (one: Running): void => {
    const { turn, lane } = one;
    running.delete(one);
    if (one.slow) slow--;
    else fast--;
    if (one.slow) lane.slow--;
    else lane.fast--;
    const left = (tenants.get(turn.tenant) ?? 1) - 1;
    if (left === 0) tenants.delete(turn.tenant);
    else tenants.set(turn.tenant, left);
    if (lane.fast + lane.slow + lane.quick.length + lane.long.length === 0) lanes.delete(turn.subscriber);
    fill();
  };

  return {
    async run(turn, fn) {
      const lane = lanes.get(turn.subscriber) ?? { quick: [], long: [], fast: 0, slow: 0 };
      lanes.set(turn.subscriber, lane);
      const one = await new Promise<Running>((resolve) => {
        const start = (): void => resolve(begin(turn, lane));
        (turn.quick ? lane.quick : lane.long).push({ turn, start });
        waiting++;
        fill();
      });
      try {
        return await fn();
      } finally {
        end(one);
      }
    },
  };
}
