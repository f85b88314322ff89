import { createHash } from 'node:crypto';
import { PortabilityError } from '../errors.ts';
import type { Member } from '../archive/archive.ts';
import type { TransferDeps } from './deps.ts';
import type { ExportWork } from './export.ts';
import { OWN } from './not-moved.ts';
import type { ArchiveManifest } from './manifest.ts';

interface FileRow {
  readonly owner: string;
  readonly digest: string;
  readonly size: number;
}

const PAGE = 200;
/** One row per content: what two owners keep alike lies there once. */
const FILES = `select distinct on (digest) digest, owner, size from core.file
  where tenant_id = $1 and owner <> '${OWN}' and digest > $2 order by digest, owner limit ${PAGE}`;
const ONE = `select owner, type, name from core.file where tenant_id = $1 and digest = $2 order by owner limit 1`;

/** Writes the content of every file of the tenant. */
export async function writeFiles({ deps, options, tx, writer }: ExportWork): Promise<ArchiveManifest['files']> {
  const { tenant, signal, progress } = options;
  let [count, bytes] = [0, 0];
  for (let after = ''; ;) {
    const page = await tx.query<FileRow>(FILES, [tenant, after]);
    for (const { owner, digest, size } of page) {
      signal?.throwIfAborted();
      const { body } = await deps.files.open({ tenant, owner }, digest).catch(() => {
        throw PortabilityError.fileChanged(digest);
      });
      await writer.stream(pathOf(digest), size, body);
      progress?.('files', ++count, 0);
      bytes += size;
    }
    after = page.at(-1)?.digest ?? '';
    if (page.length < PAGE) return { count, bytes };
  }
}

export const pathOf = (digest: string): string => `files/${digest}`;

/** The digest in the path of a member; undefined when it is no file. */
export const digestOf = (path: string): string | undefined => /^files\/([0-9a-f]{64})$/.exec(path)?.[1];

/** Puts a file's content where its rows, which came before, say that it is. */
export async function readFile(deps: TransferDeps, tenant: string, digest: string, member: Member): Promise<void> {
  const [row] = await deps.database.withTenant({ tenant }, (tx) =>
    tx.query<{ owner: string; type: string; name: string }>(ONE, [tenant, digest]),
  );
  if (!row) return;
  const { owner, type, name } = row;
  await deps.files.put(
    { tenant, owner },
    verified(member, digest),
    { type, name },
    { maxBytes: Number.MAX_SAFE_INTEGER },
  );
}

async function* verified(member: Member, digest: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of member.pieces()) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== digest) throw PortabilityError.damaged(`the file ${digest} was changed`);
}
