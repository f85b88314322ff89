import { PodliftError } from '@podlift/sdk';

/** Every way in which keeping a file can fail. */
export const FileErrors = {
  notFound: (id: string) =>
    new PodliftError('not_found', `There is no file ${id}.`, { kind: 'missing', details: { id } }),
  tooLarge: (maxBytes: number) =>
    new PodliftError('files.too_large', `The file is larger than ${maxBytes} bytes.`, {
      kind: 'invalid',
      details: { maxBytes },
    }),
  quotaExceeded: (used: number, size: number, quota: number) =>
    new PodliftError(
      'files.quota_exceeded',
      `The tenant keeps ${used} bytes of files, uploads under way included; ${size} more are over its quota of ${quota}. Delete files, or ask for a larger plan.`,
      { kind: 'payment', details: { quota: 'files', used, size, limit: quota } },
    ),
  kindUnknown: (owner: string, kind: string) =>
    new PodliftError('files.kind_unknown', `${owner} declares no kind of file called ${JSON.stringify(kind)}.`, {
      kind: 'invalid',
      details: { owner, kind },
    }),
  noUploads: (owner: string, kind: string) =>
    new PodliftError('files.no_uploads', `Files of the kind ${kind} of ${owner} are not uploaded by people.`, {
      kind: 'forbidden',
      details: { owner, kind },
    }),
  damaged: (id: string) =>
    new PodliftError(
      'files.damaged',
      `The file ${id} is not what it was when it was kept. Put it again, or restore it from a backup.`,
      { kind: 'unavailable', details: { id } },
    ),
  lost: (id: string) =>
    new PodliftError(
      'files.lost',
      `The bytes of the file ${id} are gone from the store although they should be kept. Put it again, or restore it from a backup.`,
      { kind: 'unavailable', details: { id } },
    ),
  wrongChecksum: (expected: string, found: string) =>
    new PodliftError(
      'files.checksum_mismatch',
      'What arrived does not have the checksum that was announced; nothing of it was kept. Send it again.',
      { kind: 'invalid', details: { expected, found } },
    ),
  uploadUnknown: (id: string) =>
    new PodliftError('not_found', `There is no upload ${id}; it may have expired or been ended.`, {
      kind: 'missing',
      details: { id },
    }),
  offsetDiffers: (offset: number, given: number) =>
    new PodliftError('files.offset_differs', `The upload has ${offset} bytes; it cannot go on at ${given}.`, {
      kind: 'conflict',
      details: { offset, given },
    }),
  uploadBusy: (retryAfterSeconds: number) =>
    new PodliftError(
      'files.upload_busy',
      'Another request is sending bytes of this upload. Ask for its offset and go on when that has ended.',
      { kind: 'conflict', details: { retryAfterSeconds } },
    ),
  uploadIncomplete: (offset: number, length: number) =>
    new PodliftError('files.upload_incomplete', `Only ${offset} of ${length} bytes have arrived.`, {
      kind: 'conflict',
      details: { offset, length },
    }),
  tooMany: (length: number) =>
    new PodliftError('files.too_many_bytes', `More came than the ${length} bytes that were announced.`, {
      kind: 'invalid',
      details: { length },
    }),
  tooFew: (expected: number, found: number) =>
    new PodliftError('files.too_few_bytes', `Only ${found} of the ${expected} bytes that were announced came.`, {
      kind: 'invalid',
      details: { expected, found },
    }),
  senderSilent: (seconds: number) =>
    new PodliftError('files.sender_silent', `Nothing came for ${seconds} s; what had come is kept. Go on from there.`, {
      kind: 'conflict',
      details: { retryAfterSeconds: 0 },
    }),
  urlBad: () =>
    new PodliftError('files.url_bad', 'The link was changed, or was never made here.', { kind: 'forbidden' }),
  urlExpired: () =>
    new PodliftError('files.url_expired', 'The link has expired; ask whoever gave it to you for a new one.', {
      kind: 'forbidden',
    }),
  differs: (id: string) =>
    new PodliftError('files.differs', `There is another file with the id ${id}.`, {
      kind: 'conflict',
      details: { id },
    }),
  diskFull: (cause: unknown) =>
    new PodliftError('files.disk_full', 'There is no space left where files are kept; an operator must make some.', {
      kind: 'unavailable',
      cause,
    }),
  unwritable: (cause: unknown) =>
    new PodliftError('files.unwritable', 'The folder for files cannot be written to; an operator must mend it.', {
      kind: 'unavailable',
      cause,
    }),
  storeAway: (cause: unknown, retryAfterSeconds = 2) =>
    new PodliftError('files.store_away', 'The store that holds the files does not answer. Try again shortly.', {
      kind: 'unavailable',
      details: { retryAfterSeconds },
      cause,
    }),
  storeRefused: (code: string, cause: unknown) =>
    new PodliftError(
      'files.store_refused',
      `The store that holds the files refused the request (${code}); an operator must look at PODLIFT_FILES_URL and its credentials.`,
      { kind: 'unavailable', cause },
    ),
} as const;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** A failure of the disk as one of ours; anything else as it is. */
export function explainDisk(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return FileErrors.diskFull(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return FileErrors.unwritable(error);
  return error;
}
