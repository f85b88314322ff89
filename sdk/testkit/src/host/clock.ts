/** A clock that stands still until a test moves it. */
export interface TestClock {
  now(): number;
  /** Moves on by so many milliseconds. */
  advance(ms: number): void;
  set(time: Date | string | number): void;
}

/** Starts at the given time, or now. */
export function createTestClock(start: Date | string | number = Date.now()): TestClock {
  let now = new Date(start).getTime();
  return {
    now: () => now,
    advance: (ms) => void (now += ms),
    set: (time) => void (now = new Date(time).getTime()),
  };
}
