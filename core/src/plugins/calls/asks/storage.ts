import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { ask, type Ask } from './ask.ts';

const Digest = z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/, 'is not the SHA-256 of a file') });

/** Files of the tenant, and rows that land in a flight with those of others. */
export const storageAsks: Readonly<Record<string, Ask>> = {
  'file.put': ask(
    z.object({ bytes: z.instanceof(Uint8Array), type: z.string().max(200), name: z.string().max(300) }),
    async ({ world, plugin, call }, { bytes, type, name }) => {
      await call.unit.pause('storing a file');
      return world.deps.files.put(call.tenant, bytes, { type, name, owner: plugin.id });
    },
    'files',
  ),
  'file.get': ask(
    Digest,
    async ({ world, call }, { digest }) => {
      await call.unit.pause('a file');
      const bytes = await world.deps.files.get(call.tenant, digest);
      if (!bytes) throw PodliftError.notFound(`file ${digest}`);
      return bytes;
    },
    'files',
  ),
  'file.exists': ask(
    Digest,
    async ({ world, call }, { digest }) => {
      await call.unit.pause('a file');
      return world.deps.files.exists(call.tenant, digest);
    },
    'files',
  ),
  ingest: ask(
    z.object({ name: z.string().max(60), columns: z.record(z.string(), z.array(z.unknown())) }),
    async ({ world, plugin, call }, { name, columns }) => {
      const declared = plugin.ingestions.get(name);
      if (!declared || plugin.role === undefined) throw PodliftError.denied(plugin.id, `the ingestion ${name}`);
      await call.unit.pause(`landing rows of ${name}`);
      return world.deps.ingest.land({ schema: plugin.role, name, columns: declared }, call.tenant, columns);
    },
    'data:ingest',
  ),
};
