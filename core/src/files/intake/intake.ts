import { createHash, randomUUID } from 'node:crypto';
import { uuidv7 } from '@podlift/sdk';
import type { Clock } from '../../config/index.ts';
import type { Database, Tx } from '../../data/index.ts';
import { FileErrors } from '../errors.ts';
import { fromKind, type FileKinds } from '../kinds.ts';
import { addUsage, discard, findContent, lockUsage, reserve } from '../rows/content.ts';
import type { FileRecord } from '../rows/record.ts';
import {
  deleteUpload,
  findUpload,
  growReserved,
  insertUpload,
  leaseUpload,
  releaseLease,
  renewLease,
  saveProgress,
  type Lease,
  type UploadRow,
} from '../rows/upload.ts';
import { newObject, NOTHING_YET, type Checkpoint, type Store } from '../store.ts';
import { createDigests, digestOf } from './digests.ts';
import { placeFile, type Landed } from './place.ts';
import { pump, type Content } from './pump.ts';

/** What is said of bytes before they come. */
export interface NewFile {
  readonly owner: string;
  readonly kind: string;
  readonly name: string;
  readonly mediaType: string;
  readonly subject?: string | undefined;
  readonly createdBy: string;
  /** The digest that they must have. */
  readonly sha256?: string | undefined;
  /** The file's id, when it had one before. */
  readonly id?: string | undefined;
  readonly createdAt?: Date | undefined;
}

export interface IntakeDeps {
  readonly store: Store;
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  readonly kinds: FileKinds;
  readonly quotaOf: (tenant: string) => number | Promise<number>;
  readonly maxBytes: number;
}

/** A piece of an upload. */
export interface Piece {
  readonly offset: number;
  readonly content: Content;
  /** SHA-256 of this piece, in hex: when it differs, nothing of the piece is kept. */
  readonly sha256?: string | undefined;
}

/** How bytes come in and become files. */
export interface Intake {
  /** Takes bytes of unknown or known number in one go. They are no file before `place`, and never one after `drop`. */
  land(tenant: string, about: NewFile, content: Content, options?: { maxBytes?: number }): Promise<Landed>;
  /** In a transaction of the caller. */
  place(tx: Tx, landed: Landed): Promise<void>;
  drop(tenant: string, upload: string): Promise<boolean>;
  /** Opens an upload that a client sends in pieces; its room is reserved. */
  begin(tenant: string, about: NewFile, length: number): Promise<UploadRow>;
  append(tenant: string, id: string, piece: Piece): Promise<UploadRow>;
  /** Makes a file of an upload that is whole. Asking again answers the same. */
  complete(tenant: string, id: string, also?: (tx: Tx, file: FileRecord) => Promise<unknown>): Promise<string>;
}

/** A sender that died holds an upload up for so long. */
const LEASE_MS = 8000;
const RENEW_MS = 2500;
/** An upload that nobody goes on with is ended after so long. */
export const UPLOAD_MS = 24 * 3600_000;
/** What is written in one go and not placed after so long was left by a crash. */
const LANDING_MS = 2 * 3600_000;

export function createIntake({ store, database, clock, kinds, quotaOf, maxBytes }: IntakeDeps): Intake {
  const digests = createDigests();
  const at = (ms = 0): Date => new Date(clock.now() + ms);
  const withTenant = <T>(tenant: string, run: (tx: Tx) => Promise<T>): Promise<T> =>
    database.withTenant({ tenant }, run);

  const limitOf = (owner: string, kind: string): number =>
    Math.min(maxBytes, kinds.get(owner, kind).maxBytes ?? Number.MAX_SAFE_INTEGER);

  async function open(
    tenant: string,
    about: NewFile,
    { length, reserved, expiresInMs }: { length: number | null; reserved: number; expiresInMs: number },
  ): Promise<{ id: string; object: string }> {
    const quota = await quotaOf(tenant);
    const { owner, kind, name, mediaType, subject = null, createdBy, sha256 = null } = about;
    const row = { id: uuidv7(clock.now()), object: newObject(), createdAt: at(), expiresAt: at(expiresInMs) };
    await withTenant(tenant, async (tx) => {
      await reserve(tx, reserved, quota);
      await insertUpload(tx, {
        ...row,
        owner,
        kind,
        name,
        mediaType,
        subject,
        createdBy,
        length,
        reserved,
        expected: sha256,
      });
    });
    return row;
  }

  const recordOf = (about: NewFile, sha256: string, bytes: number): FileRecord => {
    const createdAt = about.createdAt ?? at();
    const { owner, kind, name, mediaType, subject = null } = about;
    return {
      id: about.id ?? uuidv7(createdAt.getTime()),
      owner,
      kind,
      name,
      mediaType,
      sha256,
      bytes,
      subject,
      createdAt,
      ...fromKind(kinds.get(owner, kind), createdAt),
    };
  };

  /** Whether bytes of this digest are said to be kept and are not there any more. */
  async function isLost(tenant: string, digest: string): Promise<boolean> {
    const known = await database.withTenant({ tenant, readOnly: true }, (tx) => findContent(tx, digest));
    return known !== undefined && (await store.size({ tenant, object: known.object })) !== known.size;
  }

  async function drop(tenant: string, upload: string): Promise<boolean> {
    digests.drop(upload);
    const gone = await withTenant(tenant, async (tx) => {
      await lockUsage(tx);
      const row = await deleteUpload(tx, upload);
      if (!row) return undefined;
      await addUsage(tx, 0, -row.reserved);
      if (row.fileId === null) await discard(tx, row, at());
      return row;
    });
    return gone !== undefined;
  }

  async function land(
    tenant: string,
    about: NewFile,
    content: Content,
    options: { maxBytes?: number } = {},
  ): Promise<Landed> {
    const most = options.maxBytes ?? limitOf(about.owner, about.kind);
    const known = content instanceof Uint8Array ? content.byteLength : 0;
    if (known > most) throw FileErrors.tooLarge(most);
    let reserved = known;
    const { id: upload, object } = await open(tenant, about, { length: null, reserved, expiresInMs: LANDING_MS });
    try {
      const name = { tenant, object };
      const writer = await store.write(name, NOTHING_YET);
      const hash = createHash('sha256');
      let bytes: number;
      let end: Checkpoint;
      try {
        let promised = reserved;
        bytes = await pump({
          writer,
          content,
          from: 0,
          most,
          over: () => FileErrors.tooLarge(most),
          hashes: [hash],
          async before(more) {
            promised -= more;
            if (promised >= 0) return;
            // In steps, and only what has come when a step is too much: a file that just fits is not refused.
            const step = await grow(tenant, upload, -promised);
            promised += step;
            reserved += step;
          },
        });
        end = await writer.flush(true);
      } finally {
        await writer.close();
      }
      await store.finish(name, end);
      const sha256 = hash.digest('hex');
      if (about.sha256 !== undefined && about.sha256 !== sha256) throw FileErrors.wrongChecksum(about.sha256, sha256);
      return { upload, object, reserved, file: recordOf(about, sha256, bytes), replace: await isLost(tenant, sha256) };
    } catch (error) {
      await drop(tenant, upload).catch(() => undefined);
      throw error;
    }
  }

  const GROW_BYTES = 8 * 1024 * 1024;
  async function grow(tenant: string, upload: string, least: number): Promise<number> {
    const quota = await quotaOf(tenant);
    return withTenant(tenant, async (tx) => {
      const { kept, reserved } = await lockUsage(tx);
      const room = quota - kept - reserved;
      if (room < least) throw FileErrors.quotaExceeded(kept + reserved, least, quota);
      const step = Math.min(Math.max(least, GROW_BYTES), room);
      await addUsage(tx, 0, step);
      await growReserved(tx, upload, step);
      return step;
    });
  }

  /** Takes the right to write to an upload, and keeps it for as long as `work` runs. */
  async function leased<T>(
    tenant: string,
    id: string,
    work: (row: UploadRow, held: { readonly lease: Lease; check(): void }) => Promise<T>,
    done: (row: UploadRow) => T,
  ): Promise<T> {
    const lease = (): Lease => ({ id: leaseId, until: at(LEASE_MS) });
    const leaseId = randomUUID();
    const row = await withTenant(tenant, async (tx) => {
      const found = await findUpload(tx, id);
      if (!found || found.length === null || found.expiresAt <= at()) throw FileErrors.uploadUnknown(id);
      if (found.fileId !== null) return found;
      const taken = await leaseUpload(tx, id, lease(), at());
      if (taken) return taken;
      const until = found.leasedUntil?.getTime() ?? clock.now();
      throw FileErrors.uploadBusy(Math.max(1, Math.ceil((until - clock.now()) / 1000)));
    });
    if (row.fileId !== null) return done(row);
    // By the machine's own clock: one that stood still must not believe that it still holds what others have taken.
    let validUntil = performance.now() + LEASE_MS;
    const renewing = setInterval(() => {
      const until = performance.now() + LEASE_MS;
      withTenant(tenant, (tx) => renewLease(tx, id, lease())).then(
        (held) => void (validUntil = held ? until : 0),
        () => undefined,
      );
    }, RENEW_MS);
    const check = (): void => {
      if (performance.now() > validUntil) throw FileErrors.uploadBusy(1);
    };
    try {
      return await work(row, { lease: lease(), check });
    } finally {
      clearInterval(renewing);
      await withTenant(tenant, (tx) => releaseLease(tx, id, lease())).catch(() => undefined);
    }
  }

  const append: Intake['append'] = (tenant, id, { offset, content, sha256 }) =>
    leased(
      tenant,
      id,
      async (row, { lease, check }) => {
        const { received, object, length } = row;
        if (received !== offset) throw FileErrors.offsetDiffers(received, offset);
        const most = length ?? 0;
        const hash = digests.take(id, received);
        const pieceHash = sha256 === undefined ? undefined : createHash('sha256');
        const writer = await store.write({ tenant, object }, { state: row.state, size: received });
        let latest: Checkpoint = { state: row.state, size: received };
        const save = async (checkpoint: Checkpoint): Promise<void> => {
          const times = { now: at(), expiresAt: at(UPLOAD_MS) };
          const { state, size } = checkpoint;
          if (!(await withTenant(tenant, (tx) => saveProgress(tx, id, lease, { received: size, state }, times))))
            throw FileErrors.uploadUnknown(id);
          latest = checkpoint;
        };
        let size = received;
        try {
          await pump({
            writer,
            content,
            from: received,
            most,
            over: () => FileErrors.tooMany(most),
            hashes: [hash, pieceHash].filter((one) => one !== undefined),
            before(bytes) {
              check();
              size += bytes;
            },
            // What may still prove wrong is not kept in between.
            ...(!pieceHash && { onCheckpoint: save }),
          });
          const found = pieceHash?.digest('hex');
          if (sha256 !== undefined && found !== undefined && found !== sha256)
            throw FileErrors.wrongChecksum(sha256, found);
          await save(await writer.flush(size === length));
        } catch (error) {
          // What came before the sender went away is kept: it goes on from there.
          if (pieceHash || size === latest.size) throw error;
          await writer
            .flush(false)
            .then(save)
            .catch(() => undefined);
          throw error;
        } finally {
          if (hash && latest.size === size) digests.keep(id, size, hash);
          await writer.close();
        }
        return { ...row, received: latest.size, state: latest.state, expiresAt: at(UPLOAD_MS) };
      },
      (row) => {
        if (offset !== row.length) throw FileErrors.offsetDiffers(row.length ?? 0, offset);
        return row;
      },
    );

  const complete: Intake['complete'] = (tenant, id, also) =>
    leased(
      tenant,
      id,
      async (row) => {
        const { length, received, state, object, owner, kind, name, mediaType, subject, createdBy } = row;
        if (length === null || received !== length) throw FileErrors.uploadIncomplete(received, length ?? 0);
        const where = { tenant, object };
        await store.finish(where, { state, size: length });
        const seen = digests.take(id, length)?.digest('hex');
        const { sha256, bytes } =
          seen === undefined ? await digestOf(store.read(where)) : { sha256: seen, bytes: length };
        if (bytes !== length || (row.expected !== null && row.expected !== sha256)) {
          await drop(tenant, id);
          throw FileErrors.wrongChecksum(row.expected ?? '', sha256);
        }
        const about = { owner, kind, name, mediaType, createdBy, ...(subject !== null && { subject }) };
        const landed: Landed = {
          upload: id,
          object,
          reserved: row.reserved,
          file: recordOf(about, sha256, length),
          replace: await isLost(tenant, sha256),
          rememberUntil: at(UPLOAD_MS),
        };
        await withTenant(tenant, async (tx) => {
          await placeFile(tx, landed, at());
          await also?.(tx, landed.file);
        });
        return landed.file.id;
      },
      (row) => row.fileId ?? '',
    );

  return {
    land,
    place: (tx, landed) => placeFile(tx, landed, at()),
    drop,
    async begin(tenant, about, length) {
      const most = limitOf(about.owner, about.kind);
      if (length > most) throw FileErrors.tooLarge(most);
      const { id } = await open(tenant, about, { length, reserved: length, expiresInMs: UPLOAD_MS });
      const row = await database.withTenant({ tenant, readOnly: true }, (tx) => findUpload(tx, id));
      if (!row) throw FileErrors.uploadUnknown(id);
      return row;
    },
    append,
    complete,
  };
}
