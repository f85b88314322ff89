import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** What a plugin was doing when the journal was last written. */
export type BootPhase = 'import' | 'setup';

const Journal = z.object({
  /** Plugins whose code may be running right now. One is a culprit, several are suspects. */
  running: z.array(z.object({ plugin: z.string(), phase: z.enum(['import', 'setup']) })),
  /** Set by whoever ended the process from outside. */
  cause: z.string().optional(),
});

/** A plugin in whose code a process ended. */
export interface Suspect {
  readonly plugin: string;
  readonly phase: BootPhase;
  readonly cause: string;
}

/**
 * Remembers on disk whose code is being loaded, because a plugin that spins or kills the process inside its own module cannot
 * be caught in any other way. Written synchronously: what is not on disk when the loop stops is lost. Each process has a file
 * of its own, so that two that start together do not speak for each other.
 */
export interface BootJournal {
  /** Plugins in whose code an earlier process ended; empty after a clean start. */
  readonly suspects: readonly Suspect[];
  /** Runs plugin code under its name. */
  during<T>(plugin: string, phase: BootPhase, run: () => T): T;
  /** The start is over: nobody is suspected any more. */
  clear(): void;
}

/** The journal of one process. */
export const journalOf = (file: string, pid: number): string => `${file}.${pid}`;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Opens the journal of this process. Without a file (tests, one-shot commands) nothing is kept. */
export function openBootJournal(file: string | undefined): BootJournal {
  if (file === undefined) return { suspects: [], during: (_plugin, _phase, run) => run(), clear: () => undefined };
  const own = journalOf(file, process.pid);
  const left = findLeftBehind(file);
  const running = new Map<string, BootPhase>();
  const write = (): void => {
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, JSON.stringify({ running: [...running].map(([plugin, phase]) => ({ plugin, phase })) }));
  };
  const leave = (plugin: string): void => {
    running.delete(plugin);
    write();
  };
  const suspects = left.flatMap(readSuspects);
  // What they say counts once: this start has its own.
  for (const one of left) rmSync(one, { force: true });
  // Whoever is asked to stop and can still listen was not caught in a plugin's code.
  const onSignal = (signal: NodeJS.Signals): void => {
    rmSync(own, { force: true });
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return {
    suspects,
    during(plugin, phase, run) {
      running.set(plugin, phase);
      write();
      let result;
      try {
        result = run();
      } catch (thrown) {
        leave(plugin);
        throw thrown;
      }
      if (!(result instanceof Promise)) {
        leave(plugin);
        return result;
      }
      // The same promise type goes back, only later by one step.
      return result.finally(() => leave(plugin)) as typeof result;
    },
    clear() {
      running.clear();
      for (const signal of SIGNALS) process.off(signal, onSignal);
      rmSync(own, { force: true });
    },
  };
}

/** Journals of processes that are no more. One with our own number is an earlier life of it: numbers come again, in containers at once. */
function findLeftBehind(file: string): string[] {
  const prefix = `${basename(file)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(file));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .filter((name) => {
      const pid = Number(name.slice(prefix.length));
      return pid === process.pid || !isAlive(pid);
    })
    .map((name) => join(dirname(file), name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but not ours.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Reads who was running when the process of this journal ended. A damaged journal accuses nobody. */
export function readSuspects(file: string): readonly Suspect[] {
  try {
    const { running, cause } = Journal.parse(JSON.parse(readFileSync(file, 'utf8')));
    return running.map(({ plugin, phase }) => ({ plugin, phase, cause: cause ?? 'the process ended' }));
  } catch {
    return [];
  }
}

/** Adds to a journal why its process was ended, for the sentence that the next start shows. */
export function noteCause(file: string, cause: string): void {
  try {
    const journal = Journal.parse(JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, JSON.stringify({ ...journal, cause }));
  } catch {
    // No journal, no suspect.
  }
}
