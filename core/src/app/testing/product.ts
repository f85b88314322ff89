import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a command line is started. */
export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** With the process that watches over it, as for people; without, the process started is the one that serves. */
  readonly supervised?: boolean;
  /** In a process group of its own, as under a terminal. */
  readonly group?: boolean;
  /** A program, with its arguments, that runs the command line in place of itself: in another network, for example. */
  readonly within?: readonly string[];
}

/** A started command line. */
export interface Product {
  readonly pid: number;
  /** Where it listens, once it is ready; empty for a worker. */
  readonly url: string;
  /** The exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
  /** Process numbers of its children. */
  children(): number[];
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

export interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const READY = /ready at (http:\/\/\S+)|The worker is ready/;
const READY_MS = 60_000;

/** Starts the real product as a process of its own. Nothing of the test's environment reaches it but PATH. */
export function launch(
  args: readonly string[],
  { env = {}, supervised = false, group = false, within = [] }: LaunchOptions,
): Product {
  const [program = process.execPath, ...rest] = [
    ...within,
    process.execPath,
    '--conditions=@podlift/source',
    MAIN,
    ...args,
  ];
  const child = spawn(program, rest, {
    env: {
      PATH: process.env['PATH'] ?? '',
      TZ: 'UTC',
      ...(supervised ? {} : { PODLIFT_SUPERVISED: '1' }),
      ...env,
    },
    detached: group,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  // A test run that is broken off must not leave a product behind.
  const endWithUs = (): void => [...childrenOf(pid), pid].forEach((one) => killIfThere(one));
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said.stderr += text));
  const exit = ended(child);
  return {
    pid,
    get url() {
      return READY.exec(said.stdout)?.[1] ?? '';
    },
    exit,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    children: () => childrenOf(pid),
    signal: (signal) => process.kill(group ? -pid : pid, signal),
    kill(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

/** Waits for the ready line. @throws Error with everything said, when it ends before. */
export async function untilReady(product: Product, ms = READY_MS): Promise<Product> {
  let over: number | NodeJS.Signals | undefined;
  void product.exit.then((code) => (over = code));
  const until = Date.now() + ms;
  while (!READY.test(product.stdout())) {
    if (over !== undefined || Date.now() > until)
      throw new Error(`not ready (${over ?? 'still running'}): ${product.stdout()}${product.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return product;
}

export async function runToEnd(product: Product): Promise<Ended> {
  const code = await product.exit;
  return { code, stdout: product.stdout(), stderr: product.stderr() };
}

/** Linux only, like the drills that need it. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

const ended = (child: ChildProcess): Promise<number | NodeJS.Signals> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const end = (): void => resolve(code ?? signal ?? 1);
      // What it said last comes with `close`, which waits for whoever else has its output open.
      child.once('close', end);
      setTimeout(end, 300);
    });
    child.once('error', () => resolve(1));
  });

export function killIfThere(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Ended, and its parent has not looked yet.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
