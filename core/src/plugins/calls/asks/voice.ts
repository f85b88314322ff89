import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

const Count = z.number().min(0);
const Output = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), label: z.string().max(500), done: Count, total: Count }),
  z.object({ kind: z.literal('line'), text: z.string().max(10_000) }),
  z.object({
    kind: z.literal('table'),
    table: z.object({
      title: z.string().max(500).optional(),
      columns: z.array(z.string().max(200)).max(50),
      rows: z.array(z.array(z.union([z.string(), z.number()])).max(50)).max(10_000),
    }),
  }),
]);

/** What a plugin tells people while it works. */
export const voiceAsks: Readonly<Record<string, Ask>> = {
  log: ask(
    z.object({
      level: z.enum(['debug', 'info', 'warn', 'error']),
      message: z.string().max(4000),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
    ({ world, plugin, call }, { level, message, data }) => {
      const { tenant, trace } = call;
      world.deps.log[level]({ plugin: plugin.id, tenant, trace, ...(data && { data }) }, message);
    },
  ),
  progress: ask(z.object({ done: Count, total: Count }), ({ call }, { done, total }) =>
    call.listen?.progress?.(done, total),
  ),
  io: ask(Output, ({ call }, { ...message }) => {
    if (message.kind !== 'table') return call.listen?.io?.(message);
    const { title, columns, rows } = message.table;
    call.listen?.io?.({ kind: 'table', table: { columns, rows, ...(title !== undefined && { title }) } });
  }),
};
