import type { Tx } from '../../data/index.ts';
import { FileErrors } from '../errors.ts';
import { addUsage, keepContent, lockUsage } from '../rows/content.ts';
import { insertFile, type FileRecord } from '../rows/record.ts';
import { becomeFile, deleteUpload } from '../rows/upload.ts';

/** Bytes that lie whole in the store and wait for their file. */
export interface Landed {
  /** Id of the row that holds their reservation. */
  readonly upload: string;
  readonly object: string;
  readonly reserved: number;
  readonly file: FileRecord;
  /** The bytes that were kept under this digest are lost: these take their place. */
  readonly replace: boolean;
  /** The upload's row stays until then, so that its sender can ask what became of it. */
  readonly rememberUntil?: Date;
}

/**
 * Makes a file of bytes that have landed: in one transaction the reservation ends, the content is known and the file
 * exists. @throws PodliftError `not_found` when the upload has ended meanwhile.
 */
export async function placeFile(tx: Tx, landed: Landed, now: Date): Promise<void> {
  const { upload, object, reserved, file, replace, rememberUntil } = landed;
  await lockUsage(tx);
  const there = rememberUntil
    ? await becomeFile(tx, upload, file.id, rememberUntil)
    : (await deleteUpload(tx, upload)) !== undefined;
  if (!there) throw FileErrors.uploadUnknown(upload);
  const kept = await keepContent(tx, { digest: file.sha256, object, size: file.bytes, replace }, now);
  await addUsage(tx, kept, -reserved);
  await insertFile(tx, tx.tenant, file);
}
