import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { createDisk } from './disk.ts';
import { FileErrors } from './errors.ts';
import {
  findRecord,
  insertRecord,
  keptDigests,
  listRecords,
  lockTenant,
  removeRecord,
  usedBytes,
  type FileAbout,
  type FileRecord,
  type FileScope,
} from './record.ts';

/** How a file is put. */
export interface PutOptions {
  /** The caller's transaction: the file is kept when it commits. Without one, it is kept when `put` returns. */
  readonly tx?: Tx;
  readonly maxBytes?: number;
}

/** The files of tenants. */
export interface Files {
  put(
    scope: FileScope,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    about: FileAbout,
    options?: PutOptions,
  ): Promise<FileRecord>;
  /** @throws PodliftError `not_found` when the owner keeps no such file, `files.damaged` when its bytes changed. */
  get(scope: FileScope, digest: string): Promise<Uint8Array>;
  /** The same as a stream, which fails at its end when the bytes changed. */
  open(scope: FileScope, digest: string): Promise<{ record: FileRecord; body: ReadableStream<Uint8Array> }>;
  stat(scope: FileScope, digest: string): Promise<FileRecord | undefined>;
  /** In the order of their digests, after the given one. */
  list(scope: FileScope, page?: { after?: string; limit?: number }): Promise<FileRecord[]>;
  /** Says whether there was such a file. */
  delete(scope: FileScope, digest: string): Promise<boolean>;
  /** Bytes that the tenant keeps. */
  used(tenant: string): Promise<number>;
  /** Deletes everything of a tenant from the disk; its rows go with the tenant. */
  purge(tenant: string): Promise<void>;
  /** Deletes what lies on the disk and belongs to no row: what a crash or a rollback left. Returns how many. */
  sweep(): Promise<number>;
}

export interface FilesOptions {
  /** The folder that holds them. */
  readonly root: string;
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  /** Bytes that a tenant may keep. */
  readonly quota: number | ((tenant: string) => Promise<number>);
  /** Bytes of one file. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** Younger bytes may belong to a transaction that has not committed yet. */
const SETTLED_MS = 3600_000;
const PAGE = 100;

/**
 * Keeps tenants' files.
 *
 * @example
 * ```ts
 * const files = createFiles({ root: join(config.dataDir, 'files'), database, clock: systemClock, quota: config.fileQuota });
 * const { digest } = await files.put({ tenant, owner: 'core' }, bytes, { type: 'text/csv', name: 'costs.csv' });
 * ```
 */
export function createFiles({ root, database, clock, quota, maxBytes = DEFAULT_MAX_BYTES }: FilesOptions): Files {
  const disk = createDisk(root);
  const quotaOf = async (tenant: string): Promise<number> => (typeof quota === 'number' ? quota : quota(tenant));
  const read = <T>({ tenant }: FileScope, run: (tx: Tx) => Promise<T>): Promise<T> =>
    database.withTenant({ tenant, readOnly: true }, run);

  async function required(scope: FileScope, digest: string): Promise<FileRecord> {
    const record = await read(scope, (tx) => findRecord(tx, scope, digest));
    if (!record) throw FileErrors.notFound(digest);
    return record;
  }

  return {
    async put(scope, content, about, options = {}) {
      const limit = await quotaOf(scope.tenant);
      const draft = await disk.draft(content, options.maxBytes ?? maxBytes);
      const { digest, size } = draft;
      const place = async (tx: Tx): Promise<FileRecord> => {
        await lockTenant(tx, scope.tenant);
        const known = await findRecord(tx, scope, digest);
        // A file that was lost from the disk comes back with whoever puts it again.
        if (known && (await disk.has(scope.tenant, digest))) return known;
        if (!known) {
          const used = await usedBytes(tx, scope.tenant);
          if (used + size > limit) throw FileErrors.quotaExceeded(used, size, limit);
        }
        await draft.keep(scope.tenant);
        const record = known ?? { ...about, digest, size, createdAt: new Date(clock.now()) };
        if (!known) await insertRecord(tx, scope, record);
        return record;
      };
      try {
        return await (options.tx ? place(options.tx) : database.withTenant({ tenant: scope.tenant }, place));
      } finally {
        await draft.drop();
      }
    },
    async get(scope, digest) {
      await required(scope, digest);
      return disk.read(scope.tenant, digest);
    },
    async open(scope, digest) {
      return { record: await required(scope, digest), body: disk.stream(scope.tenant, digest) };
    },
    stat: (scope, digest) => read(scope, (tx) => findRecord(tx, scope, digest)),
    list: (scope, { after = '', limit = PAGE } = {}) => read(scope, (tx) => listRecords(tx, scope, after, limit)),
    async delete(scope, digest) {
      let aside: Awaited<ReturnType<typeof disk.setAside>> | undefined;
      try {
        const found = await database.withTenant({ tenant: scope.tenant }, async (tx) => {
          await lockTenant(tx, scope.tenant);
          if ((await removeRecord(tx, scope, digest)) === 0) return false;
          const kept = await keptDigests(tx, scope.tenant, [digest]);
          if (!kept.has(digest)) aside = await disk.setAside(scope.tenant, digest);
          return true;
        });
        await aside?.throwAway();
        return found;
      } catch (error) {
        await aside?.putBack();
        throw error;
      }
    },
    used: (tenant) => database.withTenant({ tenant, readOnly: true }, (tx) => usedBytes(tx, tenant)),
    purge: (tenant) => disk.purge(tenant),
    async sweep() {
      let swept = 0;
      for await (const { tenant, digests } of disk.old(clock.now() - SETTLED_MS)) {
        await database.withTenant({ tenant }, async (tx) => {
          await lockTenant(tx, tenant);
          const kept = await keptDigests(tx, tenant, digests);
          for (const digest of digests.filter((one) => !kept.has(one))) {
            await disk.remove(tenant, digest);
            swept += 1;
          }
        });
      }
      return swept;
    },
  };
}
