import type { OpenScope, Scope } from './doors.ts';

/** A scope that is opened by the first thing that is asked of it, because most requests ask for nothing. */
export function lazyScope(open: () => ReturnType<OpenScope>): Scope & { close(): Promise<void> } {
  let scope: ReturnType<OpenScope> | undefined;
  return {
    resolve: (name) => (scope ??= open()).resolve(name),
    close: async () => scope?.dispose(),
  };
}
