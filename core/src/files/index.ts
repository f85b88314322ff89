/** Tenants' files: bytes in a store on disk or in S3, everything else in rows under row-level security. @module */
export {
  createFiles,
  type FileAbout,
  type Files,
  type FilesOptions,
  type PutOptions,
  type StagedFile,
  type Uploads,
} from './files.ts';
export type { Tended } from './care.ts';
export type { FileKinds } from './kinds.ts';
export { migrations } from './migrations.ts';
export type { ContentRef, ErasedFiles, Moving } from './moving.ts';
export type { FileFilter, FileRecord, FileScope } from './rows/record.ts';
export type { UploadRow } from './rows/upload.ts';
export { syncFolder } from './disk/sync-folder.ts';
export { createStore } from './create-store.ts';
export type { Store } from './store.ts';
export type { Damage, Verified, VerifyOptions } from './verify.ts';
export { fileRoutes } from './routes/index.ts';
