import type { Plugin } from '@podlift/sdk';
import { describePlugin, errorData, fingerprint, pluginSchema, type PluginJson } from '@podlift/sdk/kernel';
import { createIngesters } from './ingesters.ts';
import { answer } from '../calls/asks/index.ts';
import { createGate } from '../calls/gate.ts';
import { createCallTable } from '../calls/table.ts';
import type { World } from '../calls/world.ts';
import { layOut } from '../collections/index.ts';
import type { PluginSource } from '../discovery/index.ts';
import { PluginErrors } from '../errors.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { describeDifferences, findDifferences } from '../runtime/difference.ts';
import { startInline } from '../runtime/inline.ts';

/** A plugin whose code was imported and whose setup ran; it is not yet called. */
export interface Prepared {
  readonly source: PluginSource;
  readonly plugin: Plugin;
  readonly loaded: LoadedPlugin;
}

const HANDLER_MS = 10_000;
const CONCURRENCY = 64;

/** Imports a plugin's code, but does not wait for ever. */
export async function importInTime(source: PluginSource, attempt: number, ms: number): Promise<Plugin> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`its module was not loaded within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([source.load(attempt), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a plugin's setup and compares what it declared with its plugin.json.
 * @throws PodliftError when setup fails or declares something else.
 */
export function prepare(world: World, source: PluginSource, plugin: Plugin, strict: boolean): Prepared {
  const { json } = source;
  const calls = createCallTable(json.id);
  const runtime = startInline(
    plugin,
    (method, args, cancel) => {
      if (method !== 'ask') throw PluginErrors.nobodyAnswers(method);
      return answer(world, loaded, calls, args, cancel);
    },
    {
      strict,
      log: world.deps.log,
      compute: (request) => world.compute.run(`${json.id}/${request.name}`, request),
    },
  );
  assertFrozen(source, describePlugin(plugin.manifest, runtime.kernel.declaration));
  const role = keepsData(json) ? pluginSchema(json.id) : undefined;
  const ingesters = createIngesters(world, json, role);
  const loaded: LoadedPlugin = {
    id: json.id,
    version: json.version,
    json,
    trusted: source.trusted,
    capabilities: json.capabilities,
    optionalCapabilities: json.optionalCapabilities,
    link: runtime.link,
    calls,
    gate: createGate(json.id, json.limits.concurrency ?? CONCURRENCY),
    handlerMs: json.limits.handlerMs ?? HANDLER_MS,
    ...(role !== undefined && { role }),
    holdsSql: [...json.capabilities, ...json.optionalCapabilities].includes('data:sql'),
    layouts: new Map(Object.entries(json.collections).map(([name, one]) => [name, layOut(name, one, role)])),
    ingester: ingesters.get,
    async stop() {
      await runtime.link.call('stop', null);
      await ingesters.close();
    },
  };
  return { source, plugin, loaded };
}

/** Whether the plugin has a schema and a role of its own. */
export const keepsData = (json: PluginJson): boolean =>
  json.data !== undefined || Object.keys(json.collections).length > 0;

/** plugin.json was shown to people and checked by the graph: the code must not be something else. */
function assertFrozen({ json, digest }: PluginSource, declared: PluginJson): void {
  if (fingerprint(declared) === digest) return;
  // Through JSON, so that both sides have forgotten what JSON forgets.
  const plain: unknown = JSON.parse(JSON.stringify(declared));
  throw PluginErrors.declaration(json.id, describeDifferences(findDifferences(json, plain)));
}

/** What went wrong, as the end of "degraded: …". */
export const reasonOf = (thrown: unknown): string => errorData(thrown).message;
