import { appendFile, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, RecoveryErrors } from '../errors.ts';
import type { Destination } from '../store/destination.ts';
import { parseLsn } from './segments.ts';
import { syncFolder } from '../../files/index.ts';
import { ensureFolder, writeDurably } from '../store/durable.ts';

const Position = z.object({
  /** Everything up to here is kept. */
  lsn: z.string(),
  /** Everything that was committed until then is kept. */
  at: z.iso.datetime(),
  timeline: z.number().int(),
});
/** How far the kept log reaches. */
export type Position = z.output<typeof Position>;

/** The log of one cluster in a destination: whole segments, the beginning of the current one, and the histories of timelines. */
export interface LogArchive {
  /** Names of whole segments and histories. */
  list(): Promise<Set<string>>;
  /** Keeps a whole segment or a history. One that is there is never replaced. */
  keep(name: string, bytes: Buffer): Promise<void>;
  /** Keeps the beginning of a segment that is still written. */
  keepTail(name: string, bytes: Buffer): Promise<void>;
  /** Undefined when there is neither. */
  read(name: string): Promise<Buffer | undefined>;
  tails(): Promise<string[]>;
  position(): Promise<Position | undefined>;
  reached(position: Position): Promise<void>;
  /** Where the log was at which time, oldest first, about two a minute while it moved. */
  marks(): Promise<Position[]>;
  /** Forgets marks before a position. */
  pruneMarks(before: bigint): Promise<void>;
  remove(name: string): Promise<void>;
}

const TAIL = '.partial';
const POSITION = 'position.json';
const MARKS = 'marks.jsonl';
const MARK_MS = 30_000;

export function openLogArchive({ folder, codec }: Destination, systemId: string): LogArchive {
  const root = join(folder, 'log', systemId);
  const inside = async <T>(work: () => Promise<T>): Promise<T> => {
    await ensureFolder(root);
    return work();
  };
  const names = (): Promise<string[]> =>
    readdir(root).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
  const whole = (name: string): boolean => /^[\dA-F]{24}$/.test(name) || name.endsWith('.history');

  async function readOne(file: string): Promise<Buffer | undefined> {
    const bytes = await readFile(join(root, file)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!bytes) return undefined;
    return codec.decode(bytes, file).catch((error: unknown) => {
      throw RecoveryErrors.damaged(`the log file ${file}`, error instanceof Error ? error.message : String(error));
    });
  }

  let marked: { readonly lsn: string; readonly at: number } | undefined;
  const readMarks = async (): Promise<Position[]> => {
    const text = await readFile(join(root, MARKS), 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      try {
        return [Position.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
  };

  return {
    list: async () => new Set((await names()).filter(whole)),
    keep: (name, bytes) =>
      inside(async () => {
        await writeDurably(join(root, name), await codec.encode(bytes, name));
        await rm(join(root, name + TAIL), { force: true });
        await syncFolder(root);
      }),
    keepTail: (name, bytes) =>
      inside(async () => {
        await writeDurably(join(root, name + TAIL), await codec.encode(bytes, name + TAIL));
        await syncFolder(root);
      }),
    read: async (name) => (await readOne(name)) ?? (await readOne(name + TAIL)),
    tails: async () => (await names()).filter((name) => name.endsWith(TAIL)).map((name) => name.slice(0, -TAIL.length)),
    async position() {
      const text = await readFile(join(root, POSITION), 'utf8').catch(() => undefined);
      const parsed = Position.safeParse(text === undefined ? undefined : JSON.parse(text));
      return parsed.success ? parsed.data : undefined;
    },
    reached: (position) =>
      inside(async () => {
        await writeDurably(join(root, POSITION), JSON.stringify(position));
        const at = Date.parse(position.at);
        if (marked && (position.lsn === marked.lsn || Math.abs(at - marked.at) < MARK_MS)) return;
        // A line that a crash cut in two is skipped when they are read.
        await appendFile(join(root, MARKS), `${JSON.stringify(position)}\n`, { mode: 0o600 });
        marked = { lsn: position.lsn, at };
      }),
    marks: readMarks,
    async pruneMarks(before) {
      const marks = await readMarks();
      const kept = marks.filter(({ lsn }) => parseLsn(lsn) >= before);
      if (kept.length < marks.length)
        await writeDurably(join(root, MARKS), kept.map((mark) => `${JSON.stringify(mark)}\n`).join(''));
    },
    remove: async (name) => {
      await rm(join(root, name), { force: true });
      await rm(join(root, name + TAIL), { force: true });
    },
  };
}

/** Clusters whose log is kept. */
export const listLogs = ({ folder }: Destination): Promise<string[]> => readdir(join(folder, 'log')).catch(() => []);
