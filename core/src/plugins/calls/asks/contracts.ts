import { PodliftError } from '@podlift/sdk';
import type { DeclaredMethod, ListedEntry } from '@podlift/sdk/kernel';
import { z } from 'zod';
import { PluginErrors } from '../../errors.ts';
import { closedFor } from '../../tenants/consent.ts';
import { invoke } from '../invoke.ts';
import { ask, type Ask, type Asking } from './ask.ts';

/** Other plugins: their services, and the entries that they contribute to a point of the asker's. */
export const contractAsks: Readonly<Record<string, Ask>> = {
  call: ask(
    z.object({ target: z.string().max(400), input: z.unknown().optional() }),
    async (asking, { target, input }) => {
      const { world, call, cancel } = asking;
      const { plugin, method } = findProvider(asking, target);
      // Its own unit of work: it must not wait for a second connection while this call holds one.
      await call.unit.pause(`${target} of ${plugin}`);
      const { tenant, actor, trace } = call;
      const { timeoutMs } = method;
      const limit = timeoutMs === undefined ? {} : { timeoutMs };
      return invoke(world, { plugin, target, input, tenant, actor, trace, parent: call, cancel, ...limit });
    },
  ),
  entries: ask(z.object({ point: z.string().max(200) }), (asking, { point }): ListedEntry[] => {
    const { world, plugin, call } = asking;
    if (!plugin.json.opens.some(({ id }) => id === point))
      throw PodliftError.denied(plugin.id, `the entries of ${point}`);
    return world.points.list(point).flatMap((entry) => {
      const contributor = world.loaded.get(entry.plugin);
      if (!contributor || closedFor(contributor, call.facts)) return [];
      return [{ plugin: entry.plugin, id: entry.id, data: entry.data, methods: Object.keys(entry.methods) }];
    });
  }),
};

interface Provider {
  readonly plugin: string;
  readonly method: DeclaredMethod;
}

/** Who answers for a target, if the asker may call it at all. */
function findProvider({ world, plugin: by }: Asking, target: string): Provider {
  const [kind, id = '', ...rest] = target.split(':');
  const name = rest.at(-1) ?? '';
  if (kind === 'service') {
    const { requires, optional } = by.json;
    if (!Object.values(requires).includes(id) && !Object.values(optional).includes(id))
      throw PodliftError.denied(by.id, target);
    const plugin = world.services.get(id);
    const method =
      plugin === undefined
        ? undefined
        : world.loaded.get(plugin)?.json.declares.services.find((one) => one.id === id)?.methods[name];
    if (plugin === undefined || !method) throw PluginErrors.nobodyAnswers(target);
    return { plugin, method };
  }
  if (kind !== 'entry' || !by.json.opens.some((point) => point.id === id)) throw PodliftError.denied(by.id, target);
  const entry = world.points.find(id, rest[0] ?? '');
  const method = entry?.methods[name];
  if (!entry || !method) throw PluginErrors.nobodyAnswers(target);
  return { plugin: entry.plugin, method };
}
