import { parseLsn } from '../wal/segments.ts';

/** A history of the database that began when somebody restored it. */
export interface Timeline {
  readonly id: number;
  /** When it began to be written. */
  readonly since: number;
  /** Where each of its ancestors was left. */
  readonly ancestors: readonly { readonly id: number; readonly until: bigint }[];
}

/** Reads a `.history` file of the server. */
export function parseHistory(id: number, text: string, since: number): Timeline {
  const ancestors = text
    .split('\n')
    .map((line) => /^\s*(\d+)\s+([\dA-F]+\/[\dA-F]+)/.exec(line))
    .flatMap((found) => (found?.[1] && found[2] ? [{ id: Number(found[1]), until: parseLsn(found[2]) }] : []));
  return { id, since, ancestors };
}

/** The history in which a moment happened, as seen from a backup: the newest that goes on from it and had begun by then. */
export function timelineAt(
  backup: { readonly timeline: number; readonly stopLsn: string },
  timelines: readonly Timeline[],
  to: number | 'latest',
): number {
  const stop = parseLsn(backup.stopLsn);
  const following = timelines
    .filter(({ ancestors }) => ancestors.some(({ id, until }) => id === backup.timeline && until >= stop))
    .filter(({ since }) => to === 'latest' || since <= to)
    .map(({ id }) => id);
  return Math.max(backup.timeline, ...following);
}
