import { PodliftError, type ErrorKind } from '@podlift/sdk';
import { STATUS_OF_KIND } from '@podlift/sdk/kernel';
import type { ThrownData } from './protocol.ts';

/** What goes wrong in a computation; each message names who, what and why. */
export const ComputeErrors = {
  failed: (what: string, message: string): PodliftError =>
    new PodliftError('compute.failed', `the computation ${what} failed: ${message}`),
  late: (what: string, ms: number): PodliftError =>
    new PodliftError('compute.timeout', `the computation ${what} did not end within ${ms} ms`, { kind: 'unavailable' }),
  outOfMemory: (what: string, memoryMb: number): PodliftError =>
    new PodliftError(
      'compute.out_of_memory',
      `the computation ${what} needs more than its ${memoryMb} MiB; give it more with memoryMb, or work on columns in pieces`,
    ),
  crashed: (what: string, message: string): PodliftError =>
    new PodliftError('compute.crashed', `the thread of the computation ${what} ended by itself: ${message}`),
  busy: (what: string, waiting: number): PodliftError =>
    new PodliftError('compute.busy', `${waiting} computations wait for a thread; ${what} is one too many`, {
      kind: 'unavailable',
    }),
  stopped: (what: string): PodliftError =>
    new PodliftError('compute.stopped', `the computation ${what} ended because this node stops`, {
      kind: 'unavailable',
    }),
};

/** A PodliftError keeps its code and kind across the thread's border; anything else is a failure of the computation. */
export function rebuild(what: string, { code, kind, message }: ThrownData): PodliftError {
  if (code === undefined || !/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9_]*)+$/.test(code))
    return ComputeErrors.failed(what, message);
  // The pattern is that of a plugin's own code.
  return new PodliftError(code as `${string}.${string}`, message, isKind(kind) ? { kind } : {});
}

const isKind = (kind: string | undefined): kind is ErrorKind => kind !== undefined && kind in STATUS_OF_KIND;
