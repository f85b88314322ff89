import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

/** Rows that land in a flight with those of others. */
export const storageAsks: Readonly<Record<string, Ask>> = {
  ingest: ask(
    z.object({ name: z.string().max(60), columns: z.record(z.string(), z.array(z.unknown())) }),
    async ({ plugin, call }, { name, columns }) => {
      const ingester = plugin.ingester(name);
      if (!ingester) throw PodliftError.denied(plugin.id, `the ingestion ${name}`);
      await call.unit.pause(`landing rows of ${name}`);
      return ingester.add(call.tenant, columns);
    },
    'data:ingest',
  ),
};
