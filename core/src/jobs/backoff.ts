import { DEFAULT_BACKOFF_FACTOR, DEFAULT_BACKOFF_JITTER, DEFAULT_BACKOFF_MS, MAX_BACKOFF_MS } from './limits.ts';

/** Pauses between the attempts at a job. */
export interface Backoff {
  /** Milliseconds before the second attempt; 2000 when absent. */
  readonly backoffMs?: number;
  /** How much longer each pause is than the one before; 2 when absent, 1 for equal pauses. */
  readonly backoffFactor?: number;
  /** The longest pause; an hour when absent. */
  readonly backoffMaxMs?: number;
  /** The share of itself by which a pause is lengthened at random, so that what failed together does not come back together; 0.2 when absent. */
  readonly backoffJitter?: number;
}

/** The pause after so many failed attempts. `chance` is a random number from 0 to 1. */
export function backoff(options: Backoff, failures: number, chance: number = Math.random()): number {
  const {
    backoffMs = DEFAULT_BACKOFF_MS,
    backoffFactor = DEFAULT_BACKOFF_FACTOR,
    backoffMaxMs = MAX_BACKOFF_MS,
    backoffJitter = DEFAULT_BACKOFF_JITTER,
  } = options;
  const pause = Math.min(backoffMaxMs, backoffMs * backoffFactor ** Math.min(failures - 1, 60));
  return Math.round(pause * (1 + backoffJitter * chance));
}
