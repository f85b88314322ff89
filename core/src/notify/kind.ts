import type { DescribedNotification } from '@podlift/sdk/kernel';
import { z } from 'zod';

/** Every category, the host's own included. Nobody switches `security` off. */
export const CATEGORIES = ['security', 'activity', 'results', 'problems', 'billing'] as const;
export type Category = (typeof CATEGORIES)[number];

const Text = z.union([z.string(), z.record(z.string(), z.string()).and(z.object({ en: z.string() }))]);

/** What stays with a message, so that it can be shown when its plugin is gone. */
export const Spec = z.object({
  title: Text,
  body: Text,
  category: z.enum(CATEGORIES),
  severity: z.enum(['info', 'warning', 'critical']),
  channels: z.array(z.string()),
  link: z.string().optional(),
});
export type Spec = z.infer<typeof Spec>;

/** A kind of message, whoever declared it. */
export interface NotificationKind extends Spec {
  /** `<plugin>/<name>`, or `core/<name>`. */
  readonly id: string;
}

/** The kind that a plugin's plugin.json describes. */
export const kindOf = (
  plugin: string,
  { name, title, body, category, severity, channels, link }: DescribedNotification,
): NotificationKind => ({
  id: `${plugin}/${name}`,
  title,
  body,
  category,
  severity,
  channels: [...channels],
  ...(link !== undefined && { link }),
});
