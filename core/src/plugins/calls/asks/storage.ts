import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

const Digest = z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/, 'is not the SHA-256 of a file') });

const scopeOf = (owner: string, tenant: string) => ({ owner, tenant });

/** Files of the tenant, and rows that land in a flight with those of others. */
export const storageAsks: Readonly<Record<string, Ask>> = {
  'file.put': ask(
    z.object({ bytes: z.instanceof(Uint8Array), type: z.string().max(200), name: z.string().max(300) }),
    async ({ world, plugin, call }, { bytes, type, name }) => {
      await call.unit.pause('storing a file');
      const { digest, size } = await world.deps.files.put(scopeOf(plugin.id, call.tenant), bytes, { type, name });
      return { digest, size };
    },
    'files',
  ),
  'file.get': ask(
    Digest,
    async ({ world, plugin, call }, { digest }) => {
      await call.unit.pause('a file');
      return world.deps.files.get(scopeOf(plugin.id, call.tenant), digest);
    },
    'files',
  ),
  'file.exists': ask(
    Digest,
    async ({ world, plugin, call }, { digest }) => {
      await call.unit.pause('a file');
      return (await world.deps.files.stat(scopeOf(plugin.id, call.tenant), digest)) !== undefined;
    },
    'files',
  ),
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
