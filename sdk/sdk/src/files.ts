import type { Privacy } from './privacy.ts';
import type { Text } from './text.ts';

/**
 * A kind of file that a plugin keeps: what it tells about people, how long it is kept and how large it may be. The host
 * carries all of it out.
 * @example files: { import: { privacy: 'none', retentionDays: 30, maxBytes: 50_000_000, upload: true } }
 */
export interface FileKind {
  readonly title?: Text;
  /** What the content tells about people. */
  readonly privacy: Privacy;
  /** Files of this kind are deleted after so many days; without it they stay as long as the tenant. */
  readonly retentionDays?: number;
  /** The installation's own limit holds too. */
  readonly maxBytes?: number;
  /** Members with `files:read` see and download such files; otherwise only the plugin hands them out. */
  readonly listed?: boolean;
  /** Members with `files:write` may upload such files for the plugin. */
  readonly upload?: boolean;
}

/** A file, as plain data that may cross to other plugins and into events. Whoever holds it can read it only as its owner. */
export interface FileHandle {
  readonly id: string;
  /** Digest of the content in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** What is known of a file beside its content. */
export interface FileInfo extends FileHandle {
  readonly kind: string;
  readonly name: string;
  readonly subject?: string;
  readonly createdAt: Date;
  /** When its retention ends. */
  readonly expiresAt?: Date;
}

/** What is said of a file when it is put. */
export interface FileAbout {
  readonly name: string;
  readonly mediaType: string;
  /** The one person it is about, as `customer:17`: it is exported and erased with that person. */
  readonly subject?: string;
  /** The digest that the content must have, in hex. */
  readonly sha256?: string;
}

/** From `start` to `end`, both included; to the last byte without `end`. */
export interface FileRange {
  readonly start: number;
  readonly end?: number;
}

/** A file, or its id. */
export type FileRef = string | { readonly id: string };

/** How a link to a file behaves. */
export interface FileLinkOptions {
  /** Seconds; 15 minutes when left out, 7 days at most. */
  readonly expiresIn?: number;
  /** `inline` shows images, audio, video and plain text in the browser; everything else is downloaded. */
  readonly disposition?: 'inline' | 'attachment';
}

export interface FileLink {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface FileQuery<K extends string = string> {
  readonly kind?: K;
  /** As the page before gave it. */
  readonly cursor?: string;
  /** 100 when left out, 200 at most. */
  readonly limit?: number;
}

export interface FilePage {
  readonly items: readonly FileInfo[];
  readonly next?: string;
}

/** The plugin's files for the tenant of the call. `K` are the kinds that its manifest declares. */
export interface Files<K extends string = string> {
  /**
   * Stores bytes. The file exists when this call has committed: a throw leaves none. Not while the call has written to
   * its database: that would hold a transaction open.
   */
  put(kind: K, content: Uint8Array | ReadableStream<Uint8Array>, about: FileAbout): Promise<FileHandle>;
  /** `undefined` when the plugin keeps no such file. */
  stat(file: FileRef): Promise<FileInfo | undefined>;
  /** The bytes as a stream, which ends with the call and fails when they are not the ones that were kept. */
  open(file: FileRef, range?: FileRange): Promise<ReadableStream<Uint8Array>>;
  /** The whole content, checked. @throws PodliftError `files.too_large` over `maxBytes`, 16 MiB when left out. */
  read(file: FileRef, options?: { readonly maxBytes?: number }): Promise<Uint8Array>;
  /** Newest first. */
  list(query?: FileQuery<K>): Promise<FilePage>;
  /** Deletes it when this call has committed. */
  delete(file: FileRef): Promise<void>;
  /** A link that opens without signing in until it expires or the file is deleted. */
  link(file: FileRef, options?: FileLinkOptions): Promise<FileLink>;
}
