import { PortabilityError } from '../errors.ts';
import type { Member } from '../archive/archive.ts';
import type { TransferDeps } from './deps.ts';
import type { ExportWork } from './export.ts';
import type { ArchiveManifest } from './manifest.ts';
import { OWN } from './not-moved.ts';

const PAGE = 200;
/** What two files have alike lies there once. */
const CONTENTS = `select distinct digest from core.file where tenant_id = $1 and owner <> '${OWN}' and digest > $2 order by digest limit ${PAGE}`;

/** Writes the content of every file of the tenant. */
export async function writeFiles({ deps, options, tx, writer }: ExportWork): Promise<ArchiveManifest['files']> {
  const { tenant, signal, progress } = options;
  let [count, bytes] = [0, 0];
  for (let after = ''; ;) {
    const page = await tx.query<{ digest: string }>(CONTENTS, [tenant, after]);
    for (const { digest } of page) {
      signal?.throwIfAborted();
      const { content, body } = await deps.files.moving.openContent(tenant, digest).catch(() => {
        throw PortabilityError.fileChanged(digest);
      });
      await writer.stream(pathOf(digest), content.bytes, body);
      progress?.('files', ++count, 0);
      bytes += content.bytes;
    }
    after = page.at(-1)?.digest ?? '';
    if (page.length < PAGE) return { count, bytes };
  }
}

const pathOf = (digest: string): string => `files/${digest}`;

/** The digest in the path of a member; undefined when it is no file. */
export const digestOf = (path: string): string | undefined => /^files\/([0-9a-f]{64})$/.exec(path)?.[1];

/** Puts a content where its row, which came before, says that it is; it is refused when its bytes are others. */
export const readFile = ({ files }: TransferDeps, tenant: string, digest: string, member: Member): Promise<void> =>
  files.moving.restoreContent(tenant, digest, member.pieces());
