import { PodliftError } from '../../errors.ts';
import type { Manifest } from '../../manifest.ts';
import type { Wiring, Routes } from '../../declare.ts';
import type { Call } from '../call.ts';
import type { Declaration } from '../declaration.ts';

/** Something that the host may invoke: first its input is parsed, then it runs. */
export interface Target {
  readonly parse: (input: unknown, extra: unknown) => unknown;
  readonly run: (data: unknown, ctx: object, extra: unknown, call: Call) => unknown;
}

type Listed = Required<Omit<Declaration, 'document' | 'health' | 'subject'>>;
/** Declarations as they are made; what is costly to describe is described when somebody asks. */
type Lists = { readonly [K in keyof Listed]: (() => Listed[K][number])[] };

/** Where `setup` writes down what it declares. */
export interface Book {
  readonly manifest: Manifest;
  readonly targets: Map<string, Target>;
  readonly lists: Lists;
  /** Where the code of each computation is. */
  readonly modules: Map<string, URL>;
  routes: Routes<never> | undefined;
  wiring: (() => Wiring) | undefined;
  open: boolean;
}

export const createBook = (manifest: Manifest): Book => ({
  manifest,
  targets: new Map(),
  lists: { contributions: [], services: [], events: [], jobs: [], computations: [], commands: [], tenant: [] },
  modules: new Map(),
  routes: undefined,
  wiring: undefined,
  open: true,
});

/** Adds a target. @throws PodliftError `invalid_plugin` for a second one of the same name, or after setup. */
export function addTarget(book: Book, name: string, found: Target): void {
  assertOpen(book, name);
  if (book.targets.has(name)) throw PodliftError.invalidPlugin(book.manifest.id, `declared ${name} twice`);
  book.targets.set(name, found);
}

export function assertOpen({ open, manifest }: Book, what: string): void {
  if (!open) throw PodliftError.invalidPlugin(manifest.id, `declared ${what} after setup had ended`);
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,79}$/;
/** @throws PodliftError `invalid_plugin` for a name that could not be part of a target, a path or a file name. */
export function assertName(book: Book, kind: string, name: string): void {
  if (NAME.test(name)) return;
  throw PodliftError.invalidPlugin(
    book.manifest.id,
    `has ${kind} called "${name}": names are lower case letters, digits, dots, dashes and underscores`,
  );
}

/** A handler as the kernel calls it. Its real types were checked where it was declared, against the manifest's context. */
export type Run = (...args: readonly unknown[]) => unknown;
export const asRun = (handler: (...args: never[]) => unknown): Run => handler as Run;

export const asItIs = (input: unknown): unknown => input;
