import { PodliftError } from '@podlift/sdk';
import { toJson } from '@podlift/sdk/kernel';
import { z } from 'zod';
import { kindOf, Recipients } from '../../../notify/index.ts';
import { ask, type Ask, type Asking } from './ask.ts';

const Key = z.string().min(1).max(200).optional();

const Value = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);
const Kind = z.string().min(1).max(60);
const Id = z.string().min(1).max(200);

/** What becomes true when the call commits: events, jobs, messages to people, and what the search finds. */
export const effectAsks: Readonly<Record<string, Ask>> = {
  emit: ask(
    z.object({ type: z.string(), payload: z.unknown().optional(), key: Key }),
    ({ plugin, call }, { type, payload, key }) => {
      if (!plugin.json.emits.some(({ id }) => id === type)) throw PodliftError.denied(plugin.id, `emitting ${type}`);
      call.unit.emit({ type, source: plugin.id, payload: toJson(payload) ?? null, ...(key !== undefined && { key }) });
    },
  ),
  'search.put': ask(
    z.object({
      kind: Kind,
      entries: z
        .array(z.object({ id: Id, title: z.string().min(1).max(500), text: z.string().max(100_000).optional() }))
        .max(10_000),
    }),
    (asking, { kind, entries }) => {
      assertKind(asking, kind);
      asking.call.unit.index({ kind, put: entries });
    },
  ),
  'search.remove': ask(z.object({ kind: Kind, ids: z.array(Id).max(10_000) }), (asking, { kind, ids }) => {
    assertKind(asking, kind);
    asking.call.unit.index({ kind, remove: ids });
  }),
  notify: ask(
    z.object({ kind: z.string().max(60), to: Recipients, data: z.record(z.string(), Value), key: Key }),
    ({ plugin, call }, { kind, to, data, key }) => {
      const found = plugin.json.notifications?.find(({ name }) => name === kind);
      if (!found) throw PodliftError.denied(plugin.id, `the notification ${kind}`);
      call.unit.notify({ kind: kindOf(plugin.id, found), to, data, ...(key !== undefined && { key }) });
    },
  ),
  enqueue: ask(
    z.object({
      job: z.string(),
      data: z.unknown().optional(),
      key: Key,
      delayMs: z
        .number()
        .min(0)
        .max(365 * 86_400_000)
        .optional(),
      priority: z.int().min(0).max(1000).optional(),
    }),
    ({ plugin, call }, { job, data, key, delayMs, priority }) => {
      const declared = plugin.json.declares.jobs.find(({ name }) => name === job);
      if (!declared) throw PodliftError.notFound(`job ${job} of ${plugin.id}`);
      call.unit.enqueue({
        name: `${plugin.id}/${job}`,
        ...(declared.queue && { queue: declared.queue }),
        ...(declared.concurrency !== undefined && { bounded: true }),
        data: toJson(data) ?? null,
        ...(key !== undefined && { key }),
        ...(delayMs !== undefined && { delayMs }),
        ...(priority !== undefined && { priority }),
      });
    },
    'jobs:enqueue',
  ),
};

function assertKind({ plugin }: Asking, kind: string): void {
  if (!Object.hasOwn(plugin.json.search ?? {}, kind))
    throw PodliftError.notFound(`search kind ${kind} of ${plugin.id}`);
}
