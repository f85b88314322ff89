import { setTimeout as sleep } from 'node:timers/promises';
import { asAdmin } from './database.ts';
import type { Home } from './home.ts';
import { childrenOf, isRunning, killIfThere, untilReady, type Product } from './product.ts';

/** Something that a drill kills, and that comes back. */
export interface Victim {
  readonly name: string;
  /** Resolves once it works. @throws Error when it does not come back in time. */
  up(): Promise<void>;
  /** Ends it at once. It comes back by itself. */
  kill(): Promise<void>;
}

/** A process that is started again whenever it ends, as an init system does. */
export interface KeptUp extends Victim {
  /** How it ended when nobody had killed it, and what it said. */
  readonly surprises: readonly string[];
  /** The process of now. */
  readonly product: Product;
  /** Asks it to end, for good. */
  stop(): Promise<number | NodeJS.Signals>;
}

const PATIENCE_MS = 90_000;
const PAUSE_MS = 100;

/** Starts a process and keeps it up until it is told to stop. */
export function keepUp(name: string, begin: () => Product): KeptUp {
  const surprises: string[] = [];
  let product = begin();
  let stopped = false;
  let killed = false;
  let ready = false;
  const follow = async (): Promise<void> => {
    for (;;) {
      ready = false;
      killed = false;
      const mine = product;
      untilReady(mine).then(
        () => void (ready = mine === product),
        () => undefined,
      );
      const how = await mine.exit;
      ready = false;
      if (stopped) return;
      if (!killed)
        surprises.push(`${name} ended with ${how}: ${mine.stdout().slice(-1000)}${mine.stderr().slice(-1000)}`);
      await sleep(PAUSE_MS);
      product = begin();
    }
  };
  const following = follow();
  return {
    name,
    surprises,
    get product() {
      return product;
    },
    up: () => until(() => ready, `${name} is ready: ${surprises.join('\n')}`),
    async kill() {
      killed = true;
      await product.kill('SIGKILL');
    },
    async stop() {
      stopped = true;
      const code = await product.kill('SIGTERM');
      await following;
      return code;
    },
  };
}

/** The embedded server of an installation, which the product starts again. `everything`: as when the power goes, all its processes at once. */
export function embeddedVictim(home: Home, everything: () => boolean): Victim {
  return {
    name: 'postgres',
    up: () => until(() => answers(home), 'the embedded server answers'),
    async kill() {
      const postmaster = home.postgres();
      if (postmaster === undefined) return;
      const all = everything() ? childrenOf(postmaster) : [];
      for (const pid of [postmaster, ...all]) killIfThere(pid);
      await until(() => !isRunning(postmaster), 'the embedded server is gone');
    },
  };
}

async function answers(home: Home): Promise<boolean> {
  try {
    await asAdmin(home.postgresUrl(), (client) => client.query('select 1'));
    return true;
  } catch {
    return false;
  }
}

/** Waits for something that comes. @throws Error that names it, when it does not. */
export async function until(is: () => boolean | Promise<boolean>, what: string, ms = PATIENCE_MS): Promise<void> {
  for (const end = Date.now() + ms; !(await is()); await sleep(20))
    if (Date.now() > end) throw new Error(`In vain it was waited for ${ms / 1000} s until ${what}`);
}
