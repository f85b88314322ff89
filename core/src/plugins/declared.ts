import { translate } from '@podlift/sdk';
import type { PluginJson } from '@podlift/sdk/kernel';
import type { FlagDefinition, MeterDefinition } from '../settings/index.ts';

/** The flags of a plugin.json, with their defaults; nothing of the plugin runs. */
export const flagsOf = ({ flags = {} }: Pick<PluginJson, 'flags'>): Record<string, FlagDefinition> =>
  mapValues(flags, (flag) => ({
    type: flag.type,
    ...(flag.type === 'variants' && { variants: flag.variants }),
    default: flag.default ?? false,
    description: translate(flag.description),
    override: flag.override ?? 'operator',
  }));

/** The meters of a plugin.json. */
export const metersOf = ({ meters = {} }: Pick<PluginJson, 'meters'>): Record<string, MeterDefinition> =>
  mapValues(meters, ({ unit, description, exact = false }) => ({
    unit,
    description: translate(description),
    kind: 'sum',
    exact,
  }));

const mapValues = <V, R>(all: Readonly<Record<string, V>>, change: (value: V) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, change(value)]));
