import { createHash } from 'node:crypto';
import type { FileKind } from '@podlift/sdk';
import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { FileErrors } from './errors.ts';
import type { Intake } from './intake/intake.ts';
import { pump } from './intake/pump.ts';
import type { FileKinds } from './kinds.ts';
import { collect, findContent, letGo, lockUsage, recount } from './rows/content.ts';
import { deleteFile, findFile, listFiles, type FileRecord } from './rows/record.ts';
import { NOTHING_YET, type Store } from './store.ts';
import { toStream, verified } from './verified.ts';

/** What a content is known by. */
export interface ContentRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** What became of the files about a person. */
export interface ErasedFiles {
  readonly erased: readonly FileRecord[];
  /** Their kind says that they must be kept. */
  readonly kept: readonly FileRecord[];
}

/**
 * For who moves, exports and erases: files as a whole, past their owners.
 *
 * A tenant moves in two steps: its rows in core.file and core.file_content as they are, then each content with
 * `restore`, and `settle` at the end. core.file_usage, core.file_upload and core.file_garbage stay where they are.
 */
export interface Moving {
  /** Every file of a tenant, newest first, in pages. */
  listAll(tenant: string): AsyncIterable<FileRecord>;
  /** Every content of a tenant once, by digest, after the given one. */
  contents(tenant: string, page?: { after?: string; limit?: number }): Promise<ContentRef[]>;
  openForExport(tenant: string, id: string): Promise<{ file: FileRecord; body: ReadableStream<Uint8Array> }>;
  openContent(tenant: string, sha256: string): Promise<{ content: ContentRef; body: ReadableStream<Uint8Array> }>;
  /**
   * Writes the bytes of a content whose row is there: a tenant that arrives, or a repair. Repeating it does no harm.
   * @throws PodliftError `files.checksum_mismatch` when they are not the ones
   */
  restoreContent(tenant: string, sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Counts anew what the tenant keeps. */
  settle(tenant: string): Promise<void>;
  /** Keeps a file under the id that it had elsewhere. One that is there already is left as it is. */
  importFile(tenant: string, file: FileRecord, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<FileRecord>;
  /** The files that are about one of these persons. */
  findBySubject(tenant: string, subjects: readonly string[]): Promise<FileRecord[]>;
  /** Erases them, bytes included and without a grace, except for kinds that must be kept. */
  eraseBySubject(tenant: string, subjects: readonly string[]): Promise<ErasedFiles>;
  /** Deletes these files now, without a grace. */
  erase(tenant: string, ids: readonly string[]): Promise<readonly FileRecord[]>;
  /** What the owner of a file declares about its kind; `undefined` when it does not run now. */
  kindOf(file: Pick<FileRecord, 'owner' | 'kind'>): FileKind | undefined;
}

export interface MovingDeps {
  readonly store: Store;
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly kinds: FileKinds;
  readonly dispose: (tenant: string) => Promise<number>;
}

const CONTENTS = `select digest as sha256, size::float8 as bytes from core.file_content
  where tenant_id = $1 and digest > $2 and unreferenced_at is null order by digest limit $3`;
const PAGE = 200;

export function createMoving({ store, database, clock, intake, kinds, dispose }: MovingDeps): Moving {
  const reading = <T>(tenant: string, run: (tx: Tx) => Promise<T>): Promise<T> =>
    database.withTenant({ tenant, readOnly: true }, run);
  const now = (): Date => new Date(clock.now());

  async function* listAll(tenant: string, subjects?: readonly string[]): AsyncGenerator<FileRecord> {
    let after: string | undefined;
    do {
      const filter = { limit: PAGE, ...(after !== undefined && { after }), ...(subjects && { subjects }) };
      const page = await reading(tenant, (tx) => listFiles(tx, { tenant }, filter));
      yield* page;
      after = page.length === PAGE ? page.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  async function openContent(tenant: string, sha256: string) {
    const found = await reading(tenant, (tx) => findContent(tx, sha256));
    if (!found) throw FileErrors.notFound(sha256);
    const bytes = store.read({ tenant, object: found.object });
    const body = toStream(verified(bytes, sha256, () => FileErrors.damaged(sha256)));
    return { content: { sha256, bytes: found.size }, body };
  }

  /** Deletes files and ends the grace of their bytes at once. */
  async function erase(tenant: string, ids: readonly string[]): Promise<FileRecord[]> {
    const erased: FileRecord[] = [];
    for (const id of ids)
      await database.withTenant({ tenant }, async (tx) => {
        await lockUsage(tx);
        const gone = await deleteFile(tx, { tenant }, id);
        if (!gone) return;
        await letGo(tx, gone.sha256, gone.bytes, now());
        await collect(tx, gone.sha256, now(), now());
        erased.push(gone);
      });
    await dispose(tenant);
    return erased;
  }

  async function findBySubject(tenant: string, subjects: readonly string[]): Promise<FileRecord[]> {
    const found: FileRecord[] = [];
    for await (const file of listAll(tenant, subjects)) found.push(file);
    return found;
  }

  return {
    listAll: (tenant) => listAll(tenant),
    contents: (tenant, { after = '', limit = PAGE } = {}) =>
      reading(tenant, (tx) => tx.query<ContentRef>(CONTENTS, [tenant, after, limit])),
    async openForExport(tenant, id) {
      const found = await reading(tenant, (tx) => findFile(tx, { tenant }, id));
      if (!found) throw FileErrors.notFound(id);
      const { object: _, ...file } = found;
      return { file, body: (await openContent(tenant, file.sha256)).body };
    },
    openContent,
    async restoreContent(tenant, sha256, bytes) {
      const found = await reading(tenant, (tx) => findContent(tx, sha256));
      if (!found) throw FileErrors.notFound(sha256);
      const where = { tenant, object: found.object };
      const hash = createHash('sha256');
      const writer = await store.write(where, NOTHING_YET);
      try {
        const over = (): Error => FileErrors.tooMany(found.size);
        const size = await pump({ writer, content: bytes, from: 0, most: found.size, over, hashes: [hash] });
        const end = await writer.flush(true);
        const digest = hash.digest('hex');
        if (digest !== sha256) throw FileErrors.wrongChecksum(sha256, digest);
        await store.finish(where, { ...end, size });
      } finally {
        await writer.close();
      }
      await database.withTenant({ tenant }, (tx) =>
        tx.execute('update core.file_content set damage = null, checked_at = $3 where tenant_id = $1 and digest = $2', [
          tenant,
          sha256,
          now(),
        ]),
      );
    },
    settle: (tenant) => database.withTenant({ tenant }, recount),
    async importFile(tenant, file, bytes) {
      const there = await reading(tenant, (tx) => findFile(tx, { tenant }, file.id));
      if (there) {
        if (there.sha256 !== file.sha256) throw FileErrors.differs(file.id);
        return file;
      }
      const { subject, ...about } = file;
      const named = { ...about, createdBy: file.owner, ...(subject !== null && { subject }) };
      const landed = await intake.land(tenant, named, bytes);
      // What was true of it elsewhere stays so, whatever its kind says here.
      const { erasure, listed, expiresAt } = file;
      const kept = { ...landed.file, erasure, listed, expiresAt };
      await database.withTenant({ tenant }, (tx) => intake.place(tx, { ...landed, file: kept }));
      return kept;
    },
    findBySubject,
    async eraseBySubject(tenant, subjects) {
      const found = await findBySubject(tenant, subjects);
      const kept = found.filter(({ erasure }) => erasure === 'keep');
      const ids = found.filter(({ erasure }) => erasure !== 'keep').map(({ id }) => id);
      return { erased: await erase(tenant, ids), kept };
    },
    erase,
    kindOf: ({ owner, kind }) => kinds.find(owner, kind),
  };
}
