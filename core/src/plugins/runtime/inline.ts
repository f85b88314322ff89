import { PodliftError, type Plugin } from '@podlift/sdk';
import {
  createKernel,
  directLink,
  type Handle,
  type Kernel,
  type Link,
  type RunComputation,
} from '@podlift/sdk/kernel';
import type { Log } from '../../telemetry/index.ts';
import { runAs } from './guard.ts';

/** A plugin that runs in this process. */
export interface InlineRuntime {
  readonly kernel: Kernel;
  readonly link: Link;
}

/**
 * Runs a plugin's setup in this process. All its code runs under its name, so that an error that nobody catches is told to its culprit.
 * @throws PodliftError when setup declares more or less than the manifest says.
 */
export function startInline(
  plugin: Plugin,
  host: Handle,
  options: { readonly strict: boolean; readonly log: Log; readonly compute?: RunComputation },
): InlineRuntime {
  const { id } = plugin.manifest;
  const kernel = runAs(id, () => createKernel(plugin, directLink(host, options), options));
  const handle: Handle = (method, args, cancel, local) => runAs(id, () => kernel.handle(method, args, cancel, local));
  const onThrown = (thrown: unknown): void => {
    // A PodliftError is an answer; anything else is a mistake, and its author needs the stack that does not cross.
    if (!(thrown instanceof PodliftError)) options.log.error({ err: thrown, plugin: id }, 'A plugin threw');
  };
  return { kernel, link: directLink(handle, { strict: options.strict, onThrown }) };
}
