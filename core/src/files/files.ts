import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import type { HealthResult, Log } from '../telemetry/index.ts';
import { createCare, type FileCare, type Tended } from './care.ts';
import { FileErrors } from './errors.ts';
import { createIntake, type Intake, type Piece } from './intake/intake.ts';
import type { Landed } from './intake/place.ts';
import type { Content } from './intake/pump.ts';
import { createKinds, type FileKinds } from './kinds.ts';
import { createLinks, type Links, type LinkTarget, type SignedParts } from './links.ts';
import { createMoving, type Moving } from './moving.ts';
import { countDamaged, letGo, lockUsage, rememberCheck, usage, type Usage } from './rows/content.ts';
import {
  deleteFile,
  findFile,
  listFiles,
  type FileFilter,
  type FileRecord,
  type FileScope,
  type FoundFile,
} from './rows/record.ts';
import { findUpload, listUploads, type UploadRow } from './rows/upload.ts';
import type { ByteRange, Store } from './store.ts';
import { toStream, verified } from './verified.ts';
import { verifyFiles, type Verified, type VerifyOptions } from './verify.ts';

/** What is said of a file when it is put. */
export interface FileAbout {
  /** `file` when left out. */
  readonly kind?: string;
  readonly name: string;
  readonly mediaType: string;
  /** Whom it is about, when it is about one person. */
  readonly subject?: string | undefined;
  /** The digest that it must have, in hex. */
  readonly sha256?: string | undefined;
  /** Who puts it: `user:<id>`, `key:<id>`; the owner when left out. */
  readonly createdBy?: string | undefined;
}

export interface PutOptions {
  /** Runs in the transaction in which the file begins to exist. */
  readonly also?: (tx: Tx, file: FileRecord) => Promise<unknown>;
  readonly maxBytes?: number;
}

/** Bytes that lie in the store and become a file when `place` runs in a transaction that commits. */
export interface StagedFile {
  readonly file: FileRecord;
  place(tx: Tx): Promise<void>;
  /** Gives the room back when there will be no file. */
  drop(): Promise<void>;
}

/** The files of tenants. */
export interface Files {
  readonly kinds: FileKinds;
  readonly store: Store['name'];
  /** Lets go of connections. */
  close(): Promise<void>;
  /** The file exists when this returns. An owner without `owner` is `core`. */
  put(scope: FileScope, content: Content, about: FileAbout, options?: PutOptions): Promise<FileRecord>;
  /** The first half of `put`, for who decides later: a unit of work. */
  stage(scope: FileScope, content: Content, about: FileAbout, options?: { maxBytes?: number }): Promise<StagedFile>;
  stat(scope: FileScope, id: string): Promise<FileRecord | undefined>;
  /** @throws PodliftError `not_found`, `files.lost`; as a whole the stream fails with `files.damaged` before its end. */
  open(
    scope: FileScope,
    id: string,
    range?: ByteRange,
  ): Promise<{ file: FileRecord; body: ReadableStream<Uint8Array> }>;
  /** The whole content in memory. @throws PodliftError `files.too_large` over `maxBytes` */
  read(scope: FileScope, id: string, maxBytes: number): Promise<Uint8Array>;
  /** Newest first. */
  list(scope: FileScope, filter?: FileFilter): Promise<FileRecord[]>;
  /** Says whether there was such a file. Its bytes stay for the grace, unless another file has them too. */
  delete(scope: FileScope, id: string, also?: (tx: Tx, file: FileRecord) => Promise<unknown>): Promise<boolean>;
  /** The same in a transaction of the caller. */
  deleteIn(tx: Tx, owner: string | undefined, id: string): Promise<FileRecord | undefined>;
  readonly uploads: Uploads;
  /** A link that opens a file without signing in, until it expires or the file is deleted. */
  link(target: LinkTarget): string;
  /** @throws PodliftError `files.url_bad`, `files.url_expired` */
  openLink(parts: SignedParts): LinkTarget;
  usage(tenant: string): Promise<Usage & { readonly quota: number }>;
  readonly moving: Moving;
  /** Deletes everything of a tenant from the store; its rows go with the tenant. */
  purge(tenant: string): Promise<void>;
  /** Does what is due: retention, uploads that were left, contents without a file. Run it every few minutes. */
  tend(): Promise<Tended>;
  removeOrphans: FileCare['removeOrphans'];
  verify(options?: VerifyOptions): Promise<Verified>;
  /** Whether the store can be used, and whether damage is known. */
  check(): Promise<HealthResult>;
}

/** Uploads that a client sends in pieces and goes on with after any interruption. */
export interface Uploads {
  begin(scope: FileScope, about: FileAbout, length: number): Promise<UploadRow>;
  /** @throws PodliftError `files.offset_differs`, `files.upload_busy`, `files.checksum_mismatch` */
  append(tenant: string, id: string, piece: Piece): Promise<UploadRow>;
  /** The id of the file that it became; asking again answers the same. `also` runs in the transaction that makes it. */
  complete(tenant: string, id: string, also?: (tx: Tx, file: FileRecord) => Promise<unknown>): Promise<string>;
  get(tenant: string, id: string): Promise<UploadRow | undefined>;
  /** Newest first: those that are not a file yet. */
  list(tenant: string, page?: { after?: string; limit?: number }): Promise<UploadRow[]>;
  /** Says whether there was such an upload. */
  end(tenant: string, id: string): Promise<boolean>;
}

export interface FilesOptions {
  readonly store: Store;
  readonly database: Pick<Database, 'withTenant' | 'system'>;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'warn' | 'error'>;
  /** Links are signed with a key derived from the first; the others only open. */
  readonly masterKeys: readonly Uint8Array[];
  /** Where browsers reach this installation. */
  readonly publicUrl: string;
  /** Bytes that a tenant may keep. */
  readonly quota: number | ((tenant: string) => Promise<number>);
  /** Bytes of one file. */
  readonly maxBytes?: number;
  /** How long bytes stay after their last file was deleted. */
  readonly graceMs?: number;
}

const DEFAULT_MAX_BYTES = 2 ** 30;
const DEFAULT_GRACE_MS = 24 * 3600_000;
/** Health is asked for often, and damage does not come and go. */
const DAMAGE_SEEN_MS = 30_000;

/**
 * Keeps tenants' files: their bytes in a store, everything else in rows under row-level security.
 *
 * @example
 * ```ts
 * const files = createFiles({ store: createStore(filesPlace(config), folder), database, clock, quota, masterKeys });
 * const { id } = await files.put({ tenant, owner: 'core' }, bytes, { name: 'costs.csv', mediaType: 'text/csv' });
 * ```
 */
export function createFiles(options: FilesOptions): Files {
  const { store, database, clock, log, quota, maxBytes = DEFAULT_MAX_BYTES, graceMs = DEFAULT_GRACE_MS } = options;
  const kinds = createKinds();
  const quotaOf = async (tenant: string): Promise<number> => (typeof quota === 'number' ? quota : quota(tenant));
  const intake: Intake = createIntake({ store, database, clock, kinds, quotaOf, maxBytes });
  const care = createCare({ store, database, clock, intake, kinds, graceMs, log });
  const links: Links = createLinks(options.masterKeys, () => clock.now());
  const reading = <T>({ tenant }: FileScope, run: (tx: Tx) => Promise<T>): Promise<T> =>
    database.withTenant({ tenant, readOnly: true }, run);
  const toNew = ({ owner = 'core' }: FileScope, { kind = 'file', createdBy = owner, ...about }: FileAbout) => ({
    ...about,
    owner,
    kind,
    createdBy,
  });

  async function required(scope: FileScope, id: string): Promise<FoundFile> {
    const found = await reading(scope, (tx) => findFile(tx, scope, id));
    if (!found) throw FileErrors.notFound(id);
    return found;
  }

  /** Writes down that bytes were found to be wrong, for health and for the next one who puts them. */
  function noteDamage(
    { tenant }: FileScope,
    { id, sha256: digest, object }: FoundFile,
    damage: 'damaged' | 'lost',
  ): Error {
    log?.error({ tenant, file: id, damage }, 'The bytes of a file are not what they should be');
    database
      .withTenant({ tenant }, (tx) => rememberCheck(tx, { digest, object }, damage, new Date(clock.now())))
      .catch((error: unknown) => log?.warn({ err: error }, 'Damage could not be written down'));
    return damage === 'lost' ? FileErrors.lost(id) : FileErrors.damaged(id);
  }

  /** The content; whole ones are checked, parts cannot be. */
  async function* contentOf(scope: FileScope, found: FoundFile, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const where = { tenant: scope.tenant, object: found.object };
    try {
      if (range) yield* store.read(where, range);
      else yield* verified(store.read(where), found.sha256, () => noteDamage(scope, found, 'damaged'));
    } catch (error) {
      const isLost = error instanceof Error && 'code' in error && error.code === 'files.lost';
      throw isLost ? noteDamage(scope, found, 'lost') : error;
    }
  }

  async function stage(
    scope: FileScope,
    content: Content,
    about: FileAbout,
    limits: { maxBytes?: number } = {},
  ): Promise<StagedFile> {
    const { tenant } = scope;
    const landed: Landed = await intake.land(tenant, toNew(scope, about), content, limits);
    return {
      file: landed.file,
      place: (tx) => intake.place(tx, landed),
      drop: async () => void (await intake.drop(tenant, landed.upload)),
    };
  }

  async function deleteIn(tx: Tx, owner: string | undefined, id: string): Promise<FileRecord | undefined> {
    await lockUsage(tx);
    const gone = await deleteFile(tx, { tenant: tx.tenant, ...(owner !== undefined && { owner }) }, id);
    if (gone) await letGo(tx, gone.sha256, gone.bytes, new Date(clock.now()));
    return gone;
  }

  let damage = { n: 0, until: 0 };
  async function damaged(): Promise<number> {
    if (damage.until > clock.now()) return damage.n;
    const n = await database.system('count damaged files', countDamaged);
    damage = { n, until: clock.now() + DAMAGE_SEEN_MS };
    return n;
  }

  return {
    kinds,
    store: store.name,
    close: async () => store.close?.(),
    stage,
    async put(scope, content, about, { also, ...limits } = {}) {
      const staged = await stage(scope, content, about, limits);
      try {
        await database.withTenant({ tenant: scope.tenant }, async (tx) => {
          await staged.place(tx);
          await also?.(tx, staged.file);
        });
      } catch (error) {
        await staged.drop().catch(() => undefined);
        throw error;
      }
      return staged.file;
    },
    stat: async (scope, id) => withoutObject(await reading(scope, (tx) => findFile(tx, scope, id))),
    async open(scope, id, range) {
      const found = await required(scope, id);
      return { file: withoutObject(found), body: toStream(contentOf(scope, found, range)) };
    },
    async read(scope, id, most) {
      const found = await required(scope, id);
      if (found.bytes > most) throw FileErrors.tooLarge(most);
      const all = new Uint8Array(found.bytes);
      let size = 0;
      for await (const chunk of contentOf(scope, found)) {
        all.set(chunk, size);
        size += chunk.byteLength;
      }
      return all;
    },
    list: (scope, filter) => reading(scope, (tx) => listFiles(tx, scope, filter)),
    delete: ({ tenant, owner }, id, also) =>
      database.withTenant({ tenant }, async (tx) => {
        const gone = await deleteIn(tx, owner, id);
        if (gone) await also?.(tx, gone);
        return gone !== undefined;
      }),
    deleteIn,
    uploads: {
      begin: (scope, about, length) => intake.begin(scope.tenant, toNew(scope, about), length),
      append: (tenant, id, piece) => intake.append(tenant, id, piece),
      complete: (tenant, id, also) => intake.complete(tenant, id, also),
      get: (tenant, id) => reading({ tenant }, (tx) => findUpload(tx, id)),
      list: (tenant, { after, limit = 100 } = {}) => reading({ tenant }, (tx) => listUploads(tx, after, limit)),
      end: (tenant, id) => intake.drop(tenant, id),
    },
    link: (target) => `${options.publicUrl}${links.sign(target)}`,
    openLink: (parts) => links.open(parts),
    usage: async (tenant) => ({ ...(await reading({ tenant }, usage)), quota: await quotaOf(tenant) }),
    moving: createMoving({ store, database, clock, intake, kinds, dispose: (tenant) => care.dispose(tenant) }),
    purge: (tenant) => store.purge(tenant),
    tend: () => care.tend(),
    removeOrphans: (how) => care.removeOrphans(how),
    verify: (how) => verifyFiles({ store, database, clock }, how),
    async check() {
      const usable = await store.check();
      if (usable && !usable.ok) return usable;
      const n = await damaged();
      if (n === 0) return { ok: true };
      return {
        ok: false,
        reason: `${n} kept ${n === 1 ? 'content is' : 'contents are'} lost or damaged; \`podlift files verify\` names them.`,
      };
    },
  };
}

/** Where the bytes lie is nobody's business outside of this room. */
function withoutObject<T extends FoundFile | undefined>(found: T): T extends undefined ? undefined : FileRecord;
function withoutObject(found: FoundFile | undefined): FileRecord | undefined {
  if (!found) return undefined;
  const { object: _, ...file } = found;
  return file;
}
