import { z } from 'zod';
import { extensionPoint } from './extension-point.ts';
import { method } from './method.ts';

const ChannelMessage = z.object({
  /** The same for every attempt: a service that knows it already can drop the second one. */
  id: z.string(),
  /** `<plugin>/<name>` of the kind of message. */
  kind: z.string(),
  category: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  /** One line, in the reader's language. */
  title: z.string(),
  /** Plain text. */
  text: z.string(),
  /** Where it leads, as a whole address. */
  url: z.string().nullable(),
  language: z.string(),
  /** Null for a channel of the whole workspace. */
  to: z.object({ userId: z.string(), email: z.string(), name: z.string() }).nullable(),
  /** 1 for the first. */
  attempt: z.int(),
});

const Channel = z.object({
  /** What people read in their settings. */
  title: z.string(),
  /** `person`: each reader decides and gets a message of their own. `workspace`: one message for all, an admin decides. */
  reach: z.enum(['person', 'workspace']).default('person'),
});

/**
 * A point that the host opens: further ways by which messages reach people. The handler's context is its plugin's own, with
 * its settings and secrets. What it throws is retried, except an error of kind `invalid`: that message has failed for good.
 */
export const notifyChannels = extensionPoint('notify.channels@1', Channel, {
  deliver: method(ChannelMessage, z.object({ reference: z.string().max(500).optional() }), { timeoutMs: 30_000 }),
});
