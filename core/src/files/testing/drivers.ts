import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStore, type Store } from '../index.ts';
import { objectStoreMissing, startObjectStore } from './object-store.ts';

/** A store under test, and ways to spoil what lies in it. */
export interface Driver {
  readonly store: Store;
  /** Changes one byte of each object of a tenant. */
  damage(tenant: string): Promise<void>;
  lose(tenant: string): Promise<void>;
  remove(): Promise<void>;
}

async function openDisk(): Promise<Driver> {
  const root = await mkdtemp(join(tmpdir(), 'podlift-files-'));
  const store = createStore({ kind: 'disk' }, root);
  return {
    store,
    async damage(tenant) {
      for await (const { object } of store.list(tenant)) {
        const path = join(root, tenant, object);
        await writeFile(path, flipped(await readFile(path)));
      }
    },
    lose: (tenant) => loseAll(store, tenant),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function openS3(): Promise<Driver> {
  const server = await startObjectStore();
  const store = createStore(server.place, '');
  return {
    store,
    async damage(tenant) {
      for await (const { object } of store.list(tenant)) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of store.read({ tenant, object })) chunks.push(chunk);
        const writer = await store.write({ tenant, object }, { state: {}, size: 0 });
        await writer.write(flipped(Buffer.concat(chunks)));
        await store.finish({ tenant, object }, await writer.flush(true));
        await writer.close();
      }
    },
    lose: (tenant) => loseAll(store, tenant),
    remove: () => server.remove(),
  };
}

async function loseAll(store: Store, tenant: string): Promise<void> {
  for await (const name of store.list(tenant)) await store.remove(name);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

/** The same suite runs on each. */
export const DRIVERS: readonly { readonly name: string; readonly open: () => Promise<Driver> }[] = [
  { name: 'disk', open: openDisk },
  ...(objectStoreMissing() === undefined ? [{ name: 'S3', open: openS3 }] : []),
];
