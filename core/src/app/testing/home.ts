import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killIfThere, launch, runToEnd, untilReady, type Ended, type LaunchOptions, type Product } from './product.ts';

/** An installation in the temporary folder: a data directory, an environment, and the processes that were started on it. */
export interface Home {
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs one command line to its end. */
  podlift(...args: readonly string[]): Promise<Ended>;
  /** The same with `--json`; fails with what was said when the command fails. */
  ask(...args: readonly string[]): Promise<unknown>;
  /** Starts `podlift <args>` and waits until it says that it is ready. */
  start(args: readonly string[], options?: LaunchOptions): Promise<Product>;
  /** Starts it and does not wait. */
  launch(args: readonly string[], options?: LaunchOptions): Product;
  /** The process number of the embedded server; undefined when none runs. */
  postgres(): number | undefined;
  /** The superuser's way into the embedded database. */
  postgresUrl(): string;
  /** Ends what still runs and removes everything. */
  remove(): Promise<void>;
}

/** Makes one. `env` is all that the product is told beside PATH and the data directory. */
export function createHome(env: Readonly<Record<string, string>> = {}): Home {
  const dir = mkdtempSync(join(tmpdir(), 'podlift-home-'));
  // The account of the embedded server has to pass through.
  chmodSync(dir, 0o755);
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir, { mode: 0o755 });
  const started = new Set<Product>();
  const full = { PODLIFT_DATA_DIR: dataDir, PODLIFT_PORT: '0', ...env };
  const begin = (args: readonly string[], options: LaunchOptions = {}): Product => {
    const product = launch(args, { ...options, env: { ...full, ...options.env } });
    started.add(product);
    void product.exit.then(() => started.delete(product));
    return product;
  };
  const podlift = (...args: readonly string[]): Promise<Ended> => runToEnd(begin(args));

  return {
    dataDir,
    env: full,
    podlift,
    async ask(...args) {
      const { code, stdout, stderr } = await podlift(...args, '--json');
      if (code !== 0) throw new Error(`podlift ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    launch: begin,
    start: (args, options) => untilReady(begin(args, options)),
    postgres: () => postmaster(dataDir),
    postgresUrl() {
      // Written by the product itself.
      const state = JSON.parse(readFileSync(join(dataDir, 'postgres/podlift.json'), 'utf8')) as {
        port: number;
        password: string;
      };
      return `postgres://postgres:${state.password}@127.0.0.1:${state.port}/podlift`;
    },
    async remove() {
      // Children too: a supervisor that is killed cannot end what it watches.
      for (const child of [...started].flatMap((product) => product.children())) killIfThere(child);
      await Promise.all([...started].map((product) => product.kill('SIGKILL')));
      const pid = postmaster(dataDir);
      // Immediate shutdown: nobody needs this data any more.
      if (pid !== undefined) process.kill(pid, 'SIGQUIT');
      for (let waited = 0; postmaster(dataDir) !== undefined && waited < 5000; waited += 20) await sleep(20);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function postmaster(dataDir: string): number | undefined {
  const file = join(dataDir, 'postgres/postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
