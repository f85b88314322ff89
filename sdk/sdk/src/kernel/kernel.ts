import type { Wiring } from '../declare.ts';
import { PodliftError } from '../errors.ts';
import type { Plugin } from '../plugin.ts';
import { Call, type CallHeader } from './call.ts';
import { assertManifest } from './check-manifest.ts';
import type { RunComputation } from './computation.ts';
import { createContextFactory } from './context/index.ts';
import type { Declaration } from './declaration.ts';
import { runSetup } from './declare/index.ts';
import type { Handle, Link } from './link.ts';
import { freezeDeep, watchColumns } from './strict.ts';
import { target as targets } from './target.ts';

/** What the host sends with the method `invoke`. */
export interface Invocation {
  /** One of the names that `target` makes. */
  readonly target: string;
  readonly input: unknown;
  /** An event's envelope, or a job's facts. */
  readonly extra?: unknown;
  readonly call: CallHeader;
}

/** A running plugin, seen from inside. */
export interface Kernel {
  /** What setup declared, described at the first look. */
  readonly declaration: Declaration;
  /** Answers the host: `declare`, `invoke` with an Invocation, `stop`. */
  readonly handle: Handle;
}

/**
 * Runs a plugin's setup and answers for it. The same code serves every runtime; only the link to the host differs.
 * With `strict` (development, tests) inputs are frozen, columns watched, and a call that leaves requests open fails.
 */
export function createKernel(
  plugin: Plugin,
  host: Link,
  options: { readonly strict?: boolean; readonly compute?: RunComputation } = {},
): Kernel {
  const { strict = false } = options;
  const { manifest } = plugin;
  assertManifest(manifest);
  const setup = runSetup(plugin);
  let wiring: Wiring | undefined;
  const createContext = createContextFactory(
    manifest,
    (id) => {
      wiring ??= setup.wiring?.();
      if (!wiring) throw PodliftError.invalidPlugin(manifest.id, `asks for ${id} but declares no classes with use()`);
      return wiring.resolve(id);
    },
    { modules: setup.modules, run: options.compute },
  );

  const invoke = async ({ target, input, extra, call: header }: Invocation, call: Call): Promise<unknown> => {
    const found = setup.targets.get(target);
    if (!found) throw PodliftError.notFound(`${target} in ${manifest.id}`);
    const data = found.parse(input, extra);
    const ctx = createContext(call);
    if (!strict || target === targets.route) return await found.run(data, ctx, extra, call);
    const what = `${manifest.id} ${target} (${header.trace})`;
    const assertUntouched = watchColumns(data, what);
    const result = await found.run(freezeDeep(data), ctx, extra, call);
    assertUntouched();
    call.assertAnswered(what);
    return result;
  };

  return {
    get declaration() {
      return setup.describe();
    },
    async handle(method, args, cancel, local) {
      switch (method) {
        case 'invoke': {
          // The host's own message, which the link has checked to be plain data.
          const invocation = args as Invocation;
          return await invoke(invocation, new Call(invocation.call, cancel, local, host, strict));
        }
        case 'declare':
          return setup.describe();
        case 'stop':
          await wiring?.dispose();
          wiring = undefined;
          return undefined;
        default:
          throw PodliftError.notFound(`request called ${method}`);
      }
    },
  };
}
