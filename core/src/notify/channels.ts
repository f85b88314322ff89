import type { notifyChannels } from '@podlift/sdk';
import type { z } from 'zod';

/** A message as a contributed channel gets it. */
export type ChannelMessage = z.input<(typeof notifyChannels)['methods']['deliver']['input']>;

/** A way by which messages reach people, contributed by a plugin. */
export interface Channel {
  readonly id: string;
  readonly plugin: string;
  readonly title: string;
  readonly reach: 'person' | 'workspace';
}

/** The channels that plugins contribute. */
export interface Channels {
  /** Those that a tenant has now. */
  list(tenant: string): Promise<readonly Channel[]>;
  /** Hands a message over. @throws PodliftError of kind `invalid` when it has failed for good, anything else to be tried again. */
  deliver(tenant: string, channel: string, message: ChannelMessage): Promise<void>;
}

/** Where no plugins run. */
export const NO_CHANNELS: Channels = {
  list: async () => [],
  deliver: (_, channel) => Promise.reject(new Error(`There is no channel ${channel} here.`)),
};
