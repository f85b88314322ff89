import { AsyncLocalStorage } from 'node:async_hooks';

/** The plugin whose code runs now. Its store is still there when a promise of that code is rejected with nobody waiting. */
const current = new AsyncLocalStorage<string>();

/** Runs code of a plugin under its name. */
export const runAs = <T>(plugin: string, run: () => T): T => current.run(plugin, run);

/** The plugin whose code is running. */
export const runningPlugin = (): string | undefined => current.getStore();

/** What to do with an error that nobody caught. */
export interface GuardOptions {
  /** It came out of this plugin's code, in a timer or a promise that nobody awaited. */
  readonly onPlugin: (plugin: string, error: unknown) => void;
  /** It came from the host itself: the process is in an unknown state. */
  readonly onHost: (error: unknown) => void;
}

/** Listens for errors that nobody caught, and tells plugins' from the host's own. Returns the way to stop. */
export function guardProcess({ onPlugin, onHost }: GuardOptions): () => void {
  const handle = (error: unknown): void => {
    const plugin = runningPlugin();
    if (plugin === undefined) onHost(error);
    else onPlugin(plugin, error);
  };
  process.on('unhandledRejection', handle);
  process.on('uncaughtException', handle);
  return () => {
    process.off('unhandledRejection', handle);
    process.off('uncaughtException', handle);
  };
}
