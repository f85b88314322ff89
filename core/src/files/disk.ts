import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { explainDisk, FileErrors, isMissing } from './errors.ts';

/** Bytes of files by digest, a folder per tenant: `<root>/<tenant>/<2 digits>/<digest>`. */
export interface Disk {
  /** Writes to a draft beside the files; nothing is visible until `keep`. */
  draft(content: Uint8Array | AsyncIterable<Uint8Array>, maxBytes: number): Promise<Draft>;
  read(tenant: string, digest: string): Promise<Uint8Array>;
  stream(tenant: string, digest: string): ReadableStream<Uint8Array>;
  has(tenant: string, digest: string): Promise<boolean>;
  /** Takes a file out of sight; to be put back or thrown away once it is known whether the row is gone. */
  setAside(tenant: string, digest: string): Promise<{ putBack(): Promise<void>; throwAway(): Promise<void> }>;
  purge(tenant: string): Promise<void>;
  /** Names what lies there and is older than `before`; drafts that old are thrown away. */
  old(before: number): AsyncIterable<{ readonly tenant: string; readonly digests: readonly string[] }>;
  remove(tenant: string, digest: string): Promise<void>;
}

/** Bytes on their way in. */
export interface Draft {
  readonly digest: string;
  readonly size: number;
  /** Moves the bytes to their place; they are on the disk when this returns. */
  keep(tenant: string): Promise<void>;
  drop(): Promise<void>;
}

const DRAFTS = '.drafts';
const TENANT = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const DIGEST = /^[\da-f]{64}$/;

export function createDisk(root: string): Disk {
  const drafts = join(root, DRAFTS);
  const newDraft = (): string => join(drafts, randomUUID());

  const folderOf = (tenant: string): string => {
    if (!TENANT.test(tenant)) throw new Error(`${JSON.stringify(tenant)} is not the id of a tenant.`);
    return join(root, tenant);
  };
  const pathOf = (tenant: string, digest: string): string => {
    if (!DIGEST.test(digest)) throw FileErrors.badDigest();
    return join(folderOf(tenant), digest.slice(0, 2), digest);
  };

  async function keep(file: string, tenant: string, digest: string): Promise<void> {
    const target = pathOf(tenant, digest);
    const folder = join(target, '..');
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await rename(file, target);
      await syncFolder(folder);
    } catch (error) {
      throw explainDisk(error);
    }
  }

  return {
    async draft(content, maxBytes) {
      const file = newDraft();
      try {
        await mkdir(drafts, { recursive: true, mode: 0o700 });
        const { digest, size } = await write(file, content, maxBytes);
        return { digest, size, keep: (tenant) => keep(file, tenant, digest), drop: () => rm(file, { force: true }) };
      } catch (error) {
        await rm(file, { force: true }).catch(() => undefined);
        throw explainDisk(error);
      }
    },
    async read(tenant, digest) {
      const bytes = await readFile(pathOf(tenant, digest)).catch((error: unknown) => {
        throw isMissing(error) ? FileErrors.lost(digest) : explainDisk(error);
      });
      if (createHash('sha256').update(bytes).digest('hex') !== digest) throw FileErrors.damaged(digest);
      return bytes;
    },
    stream: (tenant, digest) =>
      // Node's declaration of a web stream and the DOM's differ in details of no use here.
      Readable.toWeb(Readable.from(verified(pathOf(tenant, digest), digest))) as ReadableStream<Uint8Array>,
    has: (tenant, digest) =>
      stat(pathOf(tenant, digest)).then(
        () => true,
        (error: unknown) => {
          if (isMissing(error)) return false;
          throw explainDisk(error);
        },
      ),
    async setAside(tenant, digest) {
      const path = pathOf(tenant, digest);
      const aside = newDraft();
      await mkdir(drafts, { recursive: true, mode: 0o700 });
      const moved = await rename(path, aside).then(
        () => true,
        (error: unknown) => {
          if (isMissing(error)) return false;
          throw explainDisk(error);
        },
      );
      return {
        putBack: async () => void (moved && (await rename(aside, path))),
        throwAway: () => rm(aside, { force: true }),
      };
    },
    purge: (tenant) => rm(folderOf(tenant), { recursive: true, force: true }),
    remove: (tenant, digest) => rm(pathOf(tenant, digest), { force: true }),
    async *old(before) {
      for (const draft of await names(drafts)) {
        if (await isOlder(join(drafts, draft), before)) await rm(join(drafts, draft), { force: true });
      }
      for (const tenant of await names(root)) {
        if (!TENANT.test(tenant)) continue;
        for (const part of await names(join(root, tenant))) {
          const digests: string[] = [];
          for (const name of await names(join(root, tenant, part)))
            if (DIGEST.test(name) && (await isOlder(join(root, tenant, part, name), before))) digests.push(name);
          if (digests.length > 0) yield { tenant, digests };
        }
      }
    },
  };
}

async function write(file: string, content: Uint8Array | AsyncIterable<Uint8Array>, maxBytes: number) {
  const hash = createHash('sha256');
  let size = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      size += chunk.byteLength;
      if (size > maxBytes) throw FileErrors.tooLarge(maxBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), size };
}

/** The bytes of a file; ends with an error, not with an end, when they are not the ones that were kept. */
async function* verified(path: string, digest: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield new Uint8Array(chunk);
    }
  } catch (error) {
    throw isMissing(error) ? FileErrors.lost(digest) : explainDisk(error);
  }
  if (hash.digest('hex') !== digest) throw FileErrors.damaged(digest);
}

/** A rename is on the disk only when its folder is; Windows has no way to ask for that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const names = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw explainDisk(error);
  });

const isOlder = (path: string, before: number): Promise<boolean> =>
  stat(path).then(
    ({ ctimeMs }) => ctimeMs < before,
    () => false,
  );
