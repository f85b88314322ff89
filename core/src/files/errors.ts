import { PodliftError } from '@podlift/sdk';

/** Every way in which keeping a file can fail. */
export const FileErrors = {
  notFound: (digest: string) =>
    new PodliftError('not_found', `There is no file ${digest}.`, { kind: 'missing', details: { digest } }),
  badDigest: () =>
    new PodliftError('files.bad_digest', 'A file is named by its SHA-256 digest: 64 characters of 0-9 and a-f.', {
      kind: 'invalid',
    }),
  tooLarge: (maxBytes: number) =>
    new PodliftError('files.too_large', `The file is larger than ${maxBytes} bytes.`, {
      kind: 'invalid',
      details: { maxBytes },
    }),
  quotaExceeded: (used: number, size: number, quota: number) =>
    new PodliftError(
      'quota_exceeded',
      `The tenant keeps ${used} bytes of files; ${size} more are over its quota of ${quota}.`,
      { kind: 'limit', details: { used, size, quota } },
    ),
  damaged: (digest: string) =>
    new PodliftError('files.damaged', `The file ${digest} is not what it was when it was kept.`, {
      details: { digest },
    }),
  lost: (digest: string) =>
    new PodliftError('files.lost', `The file ${digest} is gone from the disk although it should be kept.`, {
      details: { digest },
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
