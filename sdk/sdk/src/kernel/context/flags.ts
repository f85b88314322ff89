import { PodliftError } from '../../errors.ts';
import type { Flag } from '../../flag.ts';
import type { Manifest } from '../../manifest.ts';
import type { Call } from '../call.ts';

/** Reads what the host found for this call; a flag that it does not tell of is what the manifest says. */
export function createFlagReader({ id, flags = {} }: Manifest): (call: Call) => object {
  const find = (name: string, type: Flag['type']): Flag => {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag?.type !== type) throw PodliftError.notFound(`flag ${name} of ${id} with the type ${type}`);
    return flag;
  };
  return ({ header }) => ({
    enabled(name: string): boolean {
      const flag = find(name, 'boolean');
      return (header.flags?.[name] ?? flag.default) === true;
    },
    variant(name: string): string {
      const flag = find(name, 'variants');
      return String(header.flags?.[name] ?? flag.default);
    },
  });
}
