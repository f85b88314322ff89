import type { FileHandle, FileInfo, FileLink, FilePage, FileRef, Files } from '../../files.ts';
import type { Call } from '../call.ts';

const idOf = (file: FileRef): string => (typeof file === 'string' ? file : file.id);

/** The files of one call. Only ids, plain data and byte streams go over the link. */
export function createFiles(call: Call): Files {
  return {
    // The host's own answers.
    put: async (kind, content, about) => (await call.ask('file.put', { kind, content, ...about })) as FileHandle,
    stat: async (file) => ((await call.ask('file.stat', { id: idOf(file) })) ?? undefined) as FileInfo | undefined,
    open: async (file, range) =>
      (await call.ask('file.open', { id: idOf(file), ...(range && { range }) })) as ReadableStream<Uint8Array>,
    read: async (file, options) => (await call.ask('file.read', { id: idOf(file), ...options })) as Uint8Array,
    list: async (query) => (await call.ask('file.list', { ...query })) as FilePage,
    delete: async (file) => void (await call.ask('file.delete', { id: idOf(file) })),
    link: async (file, options) => (await call.ask('file.link', { id: idOf(file), ...options })) as FileLink,
  };
}
