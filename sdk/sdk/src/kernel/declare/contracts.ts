import type { ContractId } from '../../contract-id.ts';
import type { Declare } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import type { Methods } from '../../method.ts';
import type { DeclaredMethod } from '../declaration.ts';
import { parsed } from '../parse.ts';
import { target } from '../target.ts';
import { toJson } from '../wire/json.ts';
import { addTarget, assertName, assertOpen, asRun, type Book } from './book.ts';

/** What a plugin says to other plugins: entries in their points, and contracts that it fulfils. */
export function declareContracts(book: Book): Pick<Declare<never>, 'contribute' | 'provide'> {
  const { manifest, lists } = book;
  return {
    contribute(point, entry) {
      assertOpen(book, `an entry in ${point.id}`);
      assertName(book, `an entry in ${point.id}`, entry.id);
      const what = `the entry ${entry.id} of ${manifest.id} in ${point.id}`;
      const data = toJson(parsed(point.data, entry, what));
      const methods = addMethods(book, what, point.methods, entry, (name) => target.entry(point.id, entry.id, name));
      lists.contributions.push(() => ({ point: point.id, id: entry.id, data, methods }));
    },
    provide(service, implementation) {
      assertOpen(book, service.id);
      if (!listed(manifest.provides, service.id)) {
        throw PodliftError.invalidPlugin(manifest.id, `provides ${service.id} without saying so in its manifest`);
      }
      const what = `${service.id} of ${manifest.id}`;
      const methods = addMethods(book, what, service.methods, implementation, (name) =>
        target.service(service.id, name),
      );
      lists.services.push(() => ({ id: service.id, methods }));
    },
  };
}

export const listed = (list: readonly { readonly id: ContractId }[] | undefined, id: ContractId): boolean =>
  list?.some((one) => one.id === id) ?? false;

function addMethods(
  book: Book,
  what: string,
  methods: Methods,
  implementation: object,
  targetOf: (name: string) => string,
): Record<string, DeclaredMethod> {
  const declared: Record<string, DeclaredMethod> = {};
  for (const [name, { input, timeoutMs, optional }] of Object.entries(methods)) {
    const run: unknown = Reflect.get(implementation, name);
    if (run === undefined && optional) continue;
    if (typeof run !== 'function') throw PodliftError.invalidPlugin(book.manifest.id, `has no ${name}() for ${what}`);
    const bound = asRun(run.bind(implementation) as (...args: never[]) => unknown);
    addTarget(book, targetOf(name), {
      parse: (given) => parsed(input, given, `the input of ${name}`),
      run: (data, ctx) => bound(data, ctx),
    });
    declared[name] = timeoutMs === undefined ? {} : { timeoutMs };
  }
  return declared;
}
