import { PodliftError } from '@podlift/sdk';
import { toJson } from '@podlift/sdk/kernel';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

const Key = z.string().min(1).max(200).optional();

/** What becomes true when the call commits: events and jobs. */
export const effectAsks: Readonly<Record<string, Ask>> = {
  emit: ask(
    z.object({ type: z.string(), payload: z.unknown().optional(), key: Key }),
    ({ plugin, call }, { type, payload, key }) => {
      if (!plugin.json.emits.some(({ id }) => id === type)) throw PodliftError.denied(plugin.id, `emitting ${type}`);
      call.unit.emit({ type, source: plugin.id, payload: toJson(payload) ?? null, ...(key !== undefined && { key }) });
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
      if (!plugin.json.declares.jobs.some(({ name }) => name === job))
        throw PodliftError.notFound(`job ${job} of ${plugin.id}`);
      call.unit.enqueue({
        name: `${plugin.id}/${job}`,
        data: toJson(data) ?? null,
        ...(key !== undefined && { key }),
        ...(delayMs !== undefined && { delayMs }),
        ...(priority !== undefined && { priority }),
      });
    },
    'jobs:enqueue',
  ),
};
