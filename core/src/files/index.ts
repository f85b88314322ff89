/** Tenants' files: on disk by digest, with a row per owner under row-level security. @module */
export { createFiles, type Files, type FilesOptions, type PutOptions } from './files.ts';
export { createFilesHealth } from './free-space.ts';
export { migrations } from './migrations.ts';
export type { FileAbout, FileRecord, FileScope } from './record.ts';
