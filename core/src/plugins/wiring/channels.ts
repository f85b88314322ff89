import { notifyChannels, uuidv7 } from '@podlift/sdk';
import { target } from '@podlift/sdk/kernel';
import type { Channel, Channels } from '../../notify/index.ts';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import { PluginErrors } from '../errors.ts';
import { closedFor } from '../tenants/consent.ts';

const ACTOR = { kind: 'system', id: 'notify' } as const;

/** The channels that plugins contribute, for tenants that have them enabled. A message is a call like any other: bounded, and its failure its own. */
export const channelsOf = (world: World): Channels => ({
  async list(tenant) {
    const entries = world.points.list(notifyChannels.id);
    if (entries.length === 0) return [];
    const facts = await world.facts.get(tenant);
    return entries.flatMap(({ id, plugin, data }): Channel[] => {
      const loaded = world.loaded.get(plugin);
      if (!loaded || closedFor(loaded, facts)) return [];
      const { title, reach } = notifyChannels.data.parse(data);
      return [{ id, plugin, title, reach }];
    });
  },
  async deliver(tenant, channel, message) {
    const entry = world.points.find(notifyChannels.id, channel);
    if (!entry) throw PluginErrors.nobodyAnswers(`${notifyChannels.id} ${channel}`);
    await invoke(world, {
      plugin: entry.plugin,
      target: target.entry(notifyChannels.id, channel, 'deliver'),
      input: notifyChannels.methods.deliver.input.parse(message),
      tenant,
      actor: ACTOR,
      trace: uuidv7(),
    });
  },
});
