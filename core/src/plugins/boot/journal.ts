import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** What a plugin was doing when the journal was last written. */
export type BootPhase = 'import' | 'setup' | 'stop';

const Journal = z.object({
  pid: z.number(),
  /** Plugins whose code may be running right now. One is a culprit, several are suspects. */
  running: z.array(z.object({ plugin: z.string(), phase: z.enum(['import', 'setup', 'stop']) })),
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
 * be caught in any other way. Written synchronously: what is not on disk when the loop stops is lost.
 */
export interface BootJournal {
  /** Plugins in whose code the last process ended; empty after a clean start. */
  readonly suspects: readonly Suspect[];
  /** Runs plugin code under its name. */
  during<T>(plugin: string, phase: BootPhase, run: () => T): T;
  /** Forgets the last start; the next one has no suspects. */
  clear(): void;
}

/** Opens the journal of an installation. Without a file (tests, one-shot commands) nothing is kept. */
export function openBootJournal(file: string | undefined): BootJournal {
  const suspects = file === undefined ? [] : readSuspects(file);
  const running = new Map<string, BootPhase>();
  const write = (): void => {
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    const list = [...running].map(([plugin, phase]) => ({ plugin, phase }));
    writeFileSync(file, JSON.stringify({ pid: process.pid, running: list }));
  };
  const leave = (plugin: string): void => {
    running.delete(plugin);
    write();
  };
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
      if (file !== undefined) rmSync(file, { force: true });
    },
  };
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

/** Adds to the journal why the process was ended, for the sentence that the next start shows. */
export function noteCause(file: string, cause: string): void {
  try {
    const journal = Journal.parse(JSON.parse(readFileSync(file, 'utf8')));
    writeFileSync(file, JSON.stringify({ ...journal, cause }));
  } catch {
    // No journal, no suspect.
  }
}
