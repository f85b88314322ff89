import type { Context } from './context.ts';
import type { Declare } from './declare.ts';
import type { Exact, Manifest } from './manifest.ts';

/** A plugin as its package exports it by default. */
export interface Plugin {
  readonly manifest: Manifest;
  readonly setup: (declare: Declare<never>) => undefined;
}

/**
 * Describes a plugin. `setup` is synchronous, returns nothing, has no tenant and does no I/O: it only declares.
 * @example
 * export default definePlugin({ id: 'acme.hello', version: '1.0.0', sdk: '^0.1', license: 'MIT' }, ({ health }) => {
 *   health(() => ({ ok: true }));
 * });
 */
export function definePlugin<const M extends Manifest>(
  manifest: Exact<M>,
  setup: (declare: Declare<Context<M>>) => void,
): Plugin {
  // The kernel hands `setup` contexts built from this very manifest; that the two agree cannot be said in types.
  return { manifest, setup: setup as unknown as Plugin['setup'] };
}
