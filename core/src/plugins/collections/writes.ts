import { z } from 'zod';

const Id = z.string().min(1).max(200);
const Seen = { version: z.int().min(1).optional() };

/** One buffered change. It comes from a plugin, so it is parsed; the value has been parsed by the plugin's own schema. */
export const CollectionWrite = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('insert'), id: Id, value: z.record(z.string(), z.unknown()) }),
  z.strictObject({ op: z.literal('upsert'), id: Id, value: z.record(z.string(), z.unknown()), ...Seen }),
  z.strictObject({ op: z.literal('update'), id: Id, patch: z.record(z.string(), z.unknown()), ...Seen }),
  z.strictObject({ op: z.literal('delete'), id: Id, ...Seen }),
]);
export type CollectionWrite = z.output<typeof CollectionWrite>;

/** A change and the collection it belongs to. */
export interface PendingWrite {
  readonly collection: string;
  readonly write: CollectionWrite;
}

/** Changes of one kind to one collection, which one statement can make. */
export interface WriteGroup {
  readonly collection: string;
  readonly op: CollectionWrite['op'];
  readonly writes: readonly CollectionWrite[];
}

/** Most rows of one statement. */
const MAX_ROWS = 1000;

/**
 * Cuts a list of changes into groups of neighbours, in order. A record occurs once in a group, because one statement cannot
 * change a row twice; a change that names a version stands alone, because its failure must name it.
 */
export function groupWrites(pending: readonly PendingWrite[]): readonly WriteGroup[] {
  const groups: { collection: string; op: CollectionWrite['op']; writes: CollectionWrite[]; ids: Set<string> }[] = [];
  for (const { collection, write } of pending) {
    const last = groups.at(-1);
    const alone = write.op === 'update' || ('version' in write && write.version !== undefined);
    const joins =
      last &&
      !alone &&
      last.collection === collection &&
      last.op === write.op &&
      last.writes.length < MAX_ROWS &&
      !last.ids.has(write.id) &&
      !(last.writes[0] && 'version' in last.writes[0] && last.writes[0].version !== undefined);
    if (joins) {
      last.writes.push(write);
      last.ids.add(write.id);
    } else groups.push({ collection, op: write.op, writes: [write], ids: new Set([write.id]) });
  }
  return groups;
}
