import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainDisk, FileErrors, isMissing } from '../errors.ts';
import { assertName, assertTenant, isObject, isTenant, type ObjectName, type Store, type Stored } from '../store.ts';
import { checkFreeSpace } from './free-space.ts';
import { syncFolder } from './sync-folder.ts';
import { openDraft } from './writer.ts';

const DRAFTS = '.drafts';
const READ_BYTES = 256 * 1024;

/** Files on a disk, a folder per tenant: `<root>/<tenant>/<2 hex>/<id>`, drafts in `<root>/<tenant>/.drafts/<id>`. */
export function createDiskStore(root: string): Store {
  const folderOf = (tenant: string): string => {
    assertTenant(tenant);
    return join(root, tenant);
  };
  const pathOf = (name: ObjectName): string => {
    assertName(name);
    return join(root, name.tenant, name.object);
  };
  const draftOf = (name: ObjectName): string => {
    assertName(name);
    return join(root, name.tenant, DRAFTS, basename(name.object));
  };

  return {
    name: 'disk',
    async write(name, { size }) {
      const path = draftOf(name);
      if (size === 0) await makeFolder(dirname(path));
      return openDraft(path, size);
    },
    async finish(name, { size }) {
      const target = pathOf(name);
      try {
        await makeFolder(dirname(target));
        await rename(draftOf(name), target);
      } catch (error) {
        // Done before, and the crash came before anybody wrote that down.
        if (!isMissing(error) || (await sizeOf(target)) !== size) throw explainDisk(error);
      }
      await syncFolder(dirname(target));
    },
    async *read(name, range) {
      try {
        const options = { highWaterMark: READ_BYTES, ...range };
        for await (const chunk of createReadStream(pathOf(name), options) as AsyncIterable<Buffer>) yield chunk;
      } catch (error) {
        throw isMissing(error) ? FileErrors.lost(name.object) : explainDisk(error);
      }
    },
    size: (name) => sizeOf(pathOf(name)),
    async remove(name) {
      await rm(draftOf(name), { force: true });
      await rm(pathOf(name), { force: true });
    },
    purge: (tenant) => rm(folderOf(tenant), { recursive: true, force: true }),
    async *list(tenant) {
      for (const one of tenant === undefined ? await names(root) : [tenant]) {
        if (!isTenant(one)) continue;
        for (const part of await names(folderOf(one))) yield* listFolder(join(root, one, part), one, part);
      }
    },
    check: () => checkFreeSpace(root),
  };
}

async function* listFolder(folder: string, tenant: string, part: string): AsyncGenerator<Stored> {
  const draft = part === DRAFTS;
  for (const id of await names(folder)) {
    const object = draft ? `${id.slice(0, 2)}/${id}` : `${part}/${id}`;
    const found = await stat(join(folder, id)).catch(() => undefined);
    if (found && isObject(object)) yield { tenant, object, draft, modifiedAt: found.mtime };
  }
}

/** Makes a folder and those above it, such that they outlive a crash. */
async function makeFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    for (let one = folder; one.length >= made.length; one = dirname(one)) await syncFolder(dirname(one));
  } catch (error) {
    throw explainDisk(error);
  }
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      if (isMissing(error)) return undefined;
      throw explainDisk(error);
    },
  );

const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw explainDisk(error);
  });
