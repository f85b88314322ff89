import type { Wiring } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import type { Plugin } from '../../plugin.ts';
import type { Declaration } from '../declaration.ts';
import { target } from '../target.ts';
import { createBook, type Book, type Target } from './book.ts';
import { declareContracts } from './contracts.ts';
import { declareEvents } from './events.ts';
import { declareSurface } from './surface.ts';
import { declareWork } from './work.ts';

export type { JobFacts } from './work.ts';

/** What `setup` left behind. */
export interface Setup {
  readonly targets: ReadonlyMap<string, Target>;
  readonly wiring: (() => Wiring) | undefined;
  /** Where the code of each computation is. */
  readonly modules: ReadonlyMap<string, URL>;
  /** Described, with all its JSON schemas, when it is first asked for. */
  readonly describe: () => Declaration;
}

/** Runs a plugin's `setup`. @throws PodliftError `invalid_plugin` when it declares more or less than the manifest says. */
export function runSetup({ manifest, setup }: Plugin): Setup {
  const book = createBook(manifest);
  const returned: unknown = setup({
    ...declareContracts(book),
    ...declareEvents(book),
    ...declareWork(book),
    ...declareSurface(book),
  });
  book.open = false;
  if (returned !== undefined) {
    throw PodliftError.invalidPlugin(manifest.id, 'returns something from setup; it only declares, and synchronously');
  }
  assertPromisesKept(book);
  let declaration: Declaration | undefined;
  return {
    targets: book.targets,
    wiring: book.wiring,
    modules: book.modules,
    describe: () => (declaration ??= describeBook(book)),
  };
}

function assertPromisesKept({ manifest, lists }: Book): void {
  const services = new Set(lists.services.map((make) => make().id));
  const events = new Set(lists.events.map((make) => make().id));
  for (const { id } of manifest.provides ?? []) {
    if (!services.has(id)) throw PodliftError.invalidPlugin(manifest.id, `promises ${id} but does not provide it`);
  }
  for (const { id } of manifest.consumes ?? []) {
    if (!events.has(id)) throw PodliftError.invalidPlugin(manifest.id, `consumes ${id} but has no handler for it`);
  }
}

function describeBook({ lists, targets, routes }: Book): Declaration {
  return {
    contributions: lists.contributions.map((make) => make()),
    services: lists.services.map((make) => make()),
    events: lists.events.map((make) => make()),
    jobs: lists.jobs.map((make) => make()),
    ...(lists.computations.length > 0 && { computations: lists.computations.map((make) => make()) }),
    commands: lists.commands.map((make) => make()),
    ...(routes && { document: routes.document() }),
    health: targets.has(target.health),
    ...(targets.has(target.subject) && { subject: true as const }),
    tenant: lists.tenant.map((make) => make()),
  };
}
