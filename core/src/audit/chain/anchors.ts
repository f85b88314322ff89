import { createReadStream } from 'node:fs';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Clock } from '../../config/index.ts';
import type { Database } from '../../data/index.ts';
import type { Anchor } from './check.ts';
import { beginningOf, type Link } from './canonical.ts';

/** Heads of chains, written down where the database does not reach. */
export interface Anchors {
  readonly file: string;
  /** Appends the heads that moved since the last time; now and then, or `now`. Returns how many. */
  write(now?: boolean): Promise<number>;
  /** All anchors by chain; what cannot be read is named by line. */
  read(): Promise<AnchorBook>;
  /** Writes down, once, that the database went back to an earlier state: where each chain stands in it, before anything is added. */
  tellRestored(restored: Restored): Promise<void>;
}

/** A restore of the database, and the act that speaks of it. */
export interface Restored {
  readonly act: string;
  readonly backup: string;
  readonly state: string;
  readonly at: string;
}

/** Where a chain stood in the database that was restored. What was anchored further on before that was lost with it. */
export interface Resumption extends Link, Restored {}

/** What the file says. */
export interface AnchorBook {
  readonly chains: ReadonlyMap<string, readonly Anchor[]>;
  /** By chain, the first one first; anchors know how many of them came after. */
  readonly restores: ReadonlyMap<string, readonly Resumption[]>;
  readonly unreadable: readonly number[];
}

export interface AnchorsDeps {
  readonly file: string;
  readonly database: Pick<Database, 'system'>;
  readonly clock: Clock;
  /** Tells each anchor somewhere else too: a log that goes to another machine, a bucket. */
  readonly tell?: (anchor: Anchor & { readonly chain: string }) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;
/** Heads that moved since; on the first time all. */
const MOVED = `select tenant_id::text as chain, seq, encode(hash, 'hex') as hash, sealed_at as at from core.audit_head
  where sealed_at >= $1 order by sealed_at`;
const HEADS = `select tenant_id::text as chain, seq, encode(hash, 'hex') as hash from core.audit_head`;
const Line = z.object({
  at: z.string(),
  chain: z.uuid(),
  seq: z.int().min(0),
  hash: z.string().regex(/^[\da-f]{64}$/),
  restored: z.object({ act: z.uuid(), backup: z.string(), state: z.string() }).optional(),
});

interface Moved extends Link {
  readonly chain: string;
  readonly at: Date;
}

/** Keeps anchors in a file that is only added to and that only its owner reads. */
export function createAnchors({ file, database, clock, tell, everyMs = EVERY_MS }: AnchorsDeps): Anchors {
  const written = new Map<string, number>();
  let since = new Date(0);
  let last = Number.NEGATIVE_INFINITY;

  const read: Anchors['read'] = async () => {
    const chains = new Map<string, Anchor[]>();
    const restores = new Map<string, Resumption[]>();
    const unreadable: number[] = [];
    let number = 0;
    for await (const text of linesOf(file)) {
      number += 1;
      const parsed = Line.safeParse(tryJson(text));
      if (!parsed.success) {
        unreadable.push(number);
        continue;
      }
      const { chain, restored, ...anchor } = parsed.data;
      const before = restores.get(chain) ?? [];
      if (restored) restores.set(chain, [...before, { ...anchor, ...restored }]);
      const known = chains.get(chain) ?? [];
      // The beginning of a chain is no act.
      if (anchor.seq > 0) known.push({ ...anchor, restores: before.length + (restored ? 1 : 0) });
      chains.set(chain, known);
    }
    return { chains, restores, unreadable };
  };

  return {
    file,
    read,
    async write(now = false) {
      if (!now && clock.now() - last < everyMs) return 0;
      last = clock.now();
      if (since.getTime() === 0)
        for (const [chain, anchors] of (await read()).chains) written.set(chain, anchors.at(-1)?.seq ?? 0);
      const moved = await database.system('anchor chains', (tx) => tx.query<Moved>(MOVED, [since]));
      const due = moved.filter(({ chain, seq }) => written.get(chain) !== seq);
      if (due.length > 0) await append(file, due.map(toLine).join(''));
      for (const { chain, seq, hash, at } of due) {
        written.set(chain, seq);
        tell?.({ chain, seq, hash, at: at.toISOString() });
      }
      since = moved.at(-1)?.at ?? since;
      return due.length;
    },
    async tellRestored({ act, backup, state, at }) {
      const book = await read();
      if ([...book.restores.values()].flat().some((one) => one.act === act)) return;
      const heads = await database.system('read heads of chains', (tx) => tx.query<Link & { chain: string }>(HEADS));
      const known = new Map(heads.map(({ chain, ...link }) => [chain, link]));
      const chains = new Set([...known.keys(), ...book.chains.keys()]);
      const lines = [...chains].map((chain) => {
        const { seq, hash } = known.get(chain) ?? beginningOf(chain);
        return `${JSON.stringify({ at, chain, seq, hash, restored: { act, backup, state } })}\n`;
      });
      await append(file, lines.join(''));
    },
  };
}

const toLine = ({ chain, seq, hash, at }: Moved): string =>
  `${JSON.stringify({ at: at.toISOString(), chain, seq, hash })}\n`;

/** Until it lies on the disk, it proves nothing. */
async function append(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a', 0o600);
  try {
    await chmod(file, 0o600);
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) if (line !== '') yield line;
  } catch (error) {
    // Nothing was anchored yet.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  } finally {
    stream.destroy();
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
