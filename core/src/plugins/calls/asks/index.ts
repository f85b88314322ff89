/** @module Everything a plugin may ask the host during a call: one table, each entry parsed and checked. */
import { PodliftError } from '@podlift/sdk';
import { settle, type Cancel } from '@podlift/sdk/kernel';
import type { LoadedPlugin } from '../../loaded.ts';
import type { CallTable } from '../table.ts';
import type { World } from '../world.ts';
import { assertCapability, type Ask } from './ask.ts';
import { collectionAsks } from './collections.ts';
import { computeAsks } from './compute.ts';
import { contractAsks } from './contracts.ts';
import { effectAsks } from './effects.ts';
import { outsideAsks } from './outside.ts';
import { fileAsks } from './files.ts';
import { storageAsks } from './storage.ts';
import { usageAsks } from './usage.ts';
import { voiceAsks } from './voice.ts';

const ASKS: ReadonlyMap<string, Ask> = new Map(
  Object.entries({
    ...collectionAsks,
    ...computeAsks,
    ...contractAsks,
    ...effectAsks,
    ...outsideAsks,
    ...fileAsks,
    ...storageAsks,
    ...usageAsks,
    ...voiceAsks,
  }),
);

/** What came over the link; none of it is believed. */
interface Asked {
  readonly cap?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
}

/**
 * Answers one request of a plugin. Whom it is for is looked up in the table of the very instance that asked: a call that has ended
 * finds nothing, and another plugin's cannot be named.
 */
export async function answer(
  world: World,
  plugin: LoadedPlugin,
  calls: CallTable,
  args: unknown,
  cancel: Cancel,
): Promise<unknown> {
  const { cap, name, input } = (args ?? {}) as Asked;
  const call = calls.get(cap);
  const found = typeof name === 'string' ? ASKS.get(name) : undefined;
  if (!found) throw PodliftError.notFound(`request called ${String(name)}`);
  const asking = { world, plugin, call, cancel };
  if (found.needs !== undefined) assertCapability(asking, found.needs);
  const result = found.run(asking, input);
  if (!(result instanceof Promise)) return result;
  const forget = call.asks.onAbort((reason) => cancel.abort(reason));
  try {
    return await settle(result, cancel);
  } finally {
    forget();
  }
}
