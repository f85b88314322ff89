import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

/** Rows that land in a flight with those of others. */
export const storageAsks: Readonly<Record<string, Ask>> = {
  ingest: ask(
    z.object({ name: z.string().max(60), columns: z.record(z.string(), z.array(z.unknown())) }),
    async ({ world, plugin, call }, { name, columns }) => {
      const ingester = plugin.ingester(name);
      if (!ingester) throw PodliftError.denied(plugin.id, `the ingestion ${name}`);
      await call.unit.pause(`landing rows of ${name}`);
      const { leases, usage } = world.deps;
      const rows = Object.values(columns)[0]?.length ?? 0;
      const quota = plugin.json.data?.ingest.find((one) => one.name === name)?.quota;
      const taken = quota === undefined ? undefined : leases?.spend(call.tenant, quota, rows);
      if (taken) await taken;
      const isNew = await ingester.add(call.tenant, columns);
      const landed = countTrue(isNew);
      if (quota !== undefined && landed < rows) leases?.refund(call.tenant, quota, rows - landed);
      usage?.add(call.tenant, 'events.ingested', landed);
      return isNew;
    },
    'data:ingest',
  ),
};

/** Hot path. */
function countTrue(all: readonly boolean[]): number {
  let count = 0;
  for (const one of all) if (one) count++;
  return count;
}
