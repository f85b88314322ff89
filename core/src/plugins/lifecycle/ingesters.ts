import type { PluginJson } from '@podlift/sdk/kernel';
import { createIngester, type Ingester } from '../../data/index.ts';
import type { World } from '../calls/world.ts';

/** The ingestions of a plugin; each opens its connection when rows first land. */
export interface Ingesters {
  get(name: string): Ingester | undefined;
  close(): Promise<void>;
}

export function createIngesters({ deps }: World, { data }: PluginJson, schema: string | undefined): Ingesters {
  const open = new Map<string, Ingester>();
  return {
    get(name) {
      const known = open.get(name);
      if (known) return known;
      const declared = data?.ingest.find((one) => one.name === name);
      if (!declared || schema === undefined) return undefined;
      const made = createIngester(deps.database, {
        schema,
        name,
        columns: declared.columns,
        // While one flight waits for the disk the next is filled and parsed; ingest functions insert their keys in order, so two cannot block each other.
        lanes: 2,
        now: () => deps.clock.now(),
      });
      open.set(name, made);
      return made;
    },
    async close() {
      await Promise.all([...open.values()].map((one) => one.close()));
    },
  };
}
