import { fork, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { journalOf, noteCause, readSuspects } from './journal.ts';

/** What the process that serves tells the one that watches it. */
export type SupervisorMessage = { readonly podlift: 'alive' } | { readonly podlift: 'ready' };

export interface SuperviseOptions {
  /** The module to run, with its arguments. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The boot journal that the child is told to keep. */
  readonly journal: string;
  /** A start that shows no sign of life for so long is ended. */
  readonly stallMs?: number;
  /** How often a process may end unexpectedly within `windowMs` before the supervisor gives up. */
  readonly maxRestarts?: number;
  readonly windowMs?: number;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Signals that mean "stop", not "start again". */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs Podlift in a child process and starts it again when a plugin's code took it down. The child finds the culprit in its
 * journal and leaves it out. A child that ends by itself without a suspect before it was ready (port taken, bad configuration)
 * is not started again: its exit code is the answer.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { journal, maxRestarts = 5, windowMs = 60_000, say = () => undefined } = options;
  const ends: number[] = [];
  for (;;) {
    const { code, signal, wasReady, stopped, pid } = await runOnce(options);
    const own = journalOf(journal, pid);
    // A stop that people asked for accuses nobody.
    if (stopped || code === 0) {
      rmSync(own, { force: true });
      return code ?? 0;
    }
    const suspects = readSuspects(own);
    if (!wasReady && suspects.length === 0) return code ?? 1;
    const now = Date.now();
    ends.push(now);
    if (ends.filter((at) => now - at < windowMs).length > maxRestarts) {
      say(`the process ended ${maxRestarts + 1} times within ${windowMs / 1000} s; giving up`);
      return code ?? 1;
    }
    const how = signal ? `by ${signal}` : `with code ${code}`;
    const who = suspects.map(({ plugin }) => plugin).join(', ');
    say(`the process ended ${how}${who && ` while loading ${who}`}; starting again`);
  }
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly wasReady: boolean;
  readonly stopped: boolean;
  readonly pid: number;
}

function runOnce(options: SuperviseOptions): Promise<End> {
  const { script, args = [], execArgv = process.execArgv, env = process.env, journal, stallMs = 10_000 } = options;
  const child = fork(script, args, {
    execArgv: [...execArgv],
    env: { ...env, PODLIFT_SUPERVISED: '1' },
    stdio: 'inherit',
  });
  const pid = child.pid ?? 0;
  const ended = Promise.withResolvers<End>();
  let wasReady = false;
  let stopped = false;
  let seen = Date.now();
  // Until the first sign of life Node itself and the host's own modules are loading.
  let patience = stallMs * 3;
  const watch = setInterval(
    () => {
      if (wasReady || Date.now() - seen < patience) return;
      noteCause(journalOf(journal, pid), `it did not answer for ${stallMs / 1000} s`);
      child.kill('SIGKILL');
    },
    Math.min(500, stallMs / 2),
  );
  const stop = (signal: NodeJS.Signals): void => {
    stopped = true;
    child.kill(signal);
  };
  const unlisten = forwardStop(stop, options.signal);
  child.on('message', (message: unknown) => {
    seen = Date.now();
    patience = stallMs;
    if (isMessage(message) && message.podlift === 'ready') wasReady = true;
  });
  const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
    clearInterval(watch);
    unlisten();
    ended.resolve({ code, signal, wasReady, stopped, pid });
  };
  child.once('exit', finish);
  child.once('error', () => finish(1, null));
  return ended.promise;
}

function forwardStop(stop: (signal: NodeJS.Signals) => void, abort: AbortSignal | undefined): () => void {
  const onAbort = (): void => stop('SIGTERM');
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  abort?.addEventListener('abort', onAbort, { once: true });
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
    abort?.removeEventListener('abort', onAbort);
  };
}

const isMessage = (message: unknown): message is SupervisorMessage =>
  typeof message === 'object' && message !== null && 'podlift' in message;

/** The other half, called in the child: signs of life until `ready()`. Does nothing when nobody supervises. */
export function reportToSupervisor(everyMs = 500): { ready(): void } {
  const channel: Pick<ChildProcess, 'send'> | undefined =
    process.env['PODLIFT_SUPERVISED'] && process.send ? { send: process.send.bind(process) } : undefined;
  const tell = (message: SupervisorMessage): void => void channel?.send(message);
  const timer = channel && setInterval(() => tell({ podlift: 'alive' }), everyMs);
  timer?.unref();
  tell({ podlift: 'alive' });
  // Whoever watched over this process was killed: one that nobody can stop any more would keep its port.
  if (channel) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // An open channel would keep a process alive that stopped, or that failed to start.
  process.channel?.unref();
  return {
    ready() {
      clearInterval(timer);
      tell({ podlift: 'ready' });
    },
  };
}
