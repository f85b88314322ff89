import type { ExtensionPoint } from '../../extension-point.ts';
import type { Call } from '../call.ts';
import { target } from '../target.ts';
import { fromJson } from '../wire/json.ts';
import { createClient } from './client.ts';

/** An entry as the host lists it; `data` is as `toJson` wrote it. */
export interface ListedEntry {
  readonly plugin: string;
  readonly id: string;
  readonly data: unknown;
  readonly methods: readonly string[];
}

/** The entries of a point that fit the opener's own copy of it. One of another version is left out and does not take the others with it. */
export async function readEntries(call: Call, point: ExtensionPoint): Promise<readonly object[]> {
  // The host's own answer.
  const listed = (await call.ask('entries', { point: point.id })) as readonly ListedEntry[];
  return listed.flatMap((entry) => {
    const { plugin, id } = entry;
    const data = point.data.safeParse(fromJson(entry.data));
    const missing = Object.entries(point.methods).some(
      ([name, { optional }]) => !optional && !entry.methods.includes(name),
    );
    if (!data.success || missing) {
      call.tell('log', { level: 'warn', message: `left out ${id} of ${plugin}: it does not fit ${point.id}` });
      return [];
    }
    const methods = Object.fromEntries(Object.entries(point.methods).filter(([name]) => entry.methods.includes(name)));
    const client = createClient(call, methods, (method) => target.entry(point.id, id, method), plugin);
    return [{ id, plugin, ...data.data, ...client }];
  });
}
