import { z } from 'zod';
import type { ChainRow, Link } from '../chain/canonical.ts';
import type { Exported } from './write.ts';

const VERSION = 'podlift.audit.1';
/** Details are hashed as the database writes them, so they stand last, untouched. */
const DETAILS = ',"details":';

/** First what the chain is and where the lines begin and end, then one act per line, then how many there were. */
export async function* toLines({ chain, start, head, rows }: Exported): AsyncGenerator<string> {
  yield `${JSON.stringify({ type: 'chain', version: VERSION, chain, start, head })}\n`;
  let acts = 0;
  for await (const row of rows) {
    acts += 1;
    yield toLine(row);
  }
  yield `${JSON.stringify({ type: 'end', acts })}\n`;
}

function toLine({ details, ...row }: ChainRow): string {
  const time = new Date(Number(row.micros) / 1000).toISOString();
  return `${JSON.stringify({ type: 'act', time, ...row }).slice(0, -1)}${DETAILS}${details}}\n`;
}

const Place = z.object({ seq: z.int().min(0), hash: z.string() });
const First = z.object({
  type: z.literal('chain'),
  version: z.literal(VERSION),
  chain: z.uuid(),
  start: Place,
  head: Place,
});
const text = z.string();
const Act = z.object({
  type: z.literal('act'),
  tenant: text.nullable(),
  id: text,
  micros: text,
  actorKind: text,
  actorId: text,
  action: text,
  target: text,
  via: text.nullable(),
  requestId: text.nullable(),
  ip: text.nullable(),
  salt: text.nullable(),
  digest: text,
  seq: z.int(),
  hash: text,
  redacted: z.boolean(),
});

/** Reads what {@link toLines} wrote, to verify it far from the database. @throws Error when it is something else. */
export async function fromLines(lines: AsyncIterable<string>): Promise<Exported> {
  const all = lines[Symbol.asyncIterator]();
  const first = await all.next();
  const begin = First.safeParse(first.done ? undefined : tryJson(first.value));
  if (!begin.success)
    throw new Error('This is no export of an audit trail: its first line does not say of which chain.');
  async function* rows(): AsyncGenerator<ChainRow> {
    for (;;) {
      const next = await all.next();
      if (next.done) return;
      const at = next.value.indexOf(DETAILS);
      if (at === -1) continue;
      const { type: _, ...row } = Act.parse(tryJson(`${next.value.slice(0, at)}}`));
      yield { ...row, details: next.value.slice(at + DETAILS.length, -1) };
    }
  }
  const { chain, start, head } = begin.data;
  return { chain, start: start satisfies Link, head, rows: rows() };
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
