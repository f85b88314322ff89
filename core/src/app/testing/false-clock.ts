import { existsSync, writeFileSync } from 'node:fs';

/** A clock that a test sets, for one process. */
export interface FalseClock {
  readonly env: Readonly<Record<string, string>>;
  /** How far it is ahead of the true one, from now on. */
  set(seconds: number): void;
}

/** Debian's package libfaketime. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (arch) => `/usr/lib/${arch}/faketime/libfaketimeMT.so.1`,
);

/** Makes one that is told the time by `file`; where that is not possible, returns undefined. Timers go on as they were. */
export function tryFalseClock(file: string): FalseClock | undefined {
  const library = LIBRARIES.find((one) => existsSync(one));
  if (library === undefined) return undefined;
  // A plain 0 would leave the clock as it was set before.
  const set = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}.001\n`);
  set(0);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}
