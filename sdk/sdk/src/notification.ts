import type { z } from 'zod';
import { PodliftError } from './errors.ts';
import type { Role } from './manifest.ts';
import type { Text } from './text.ts';

/** What a message is about; people choose per category what reaches them and how. Security messages are the host's own. */
export type NotificationCategory = 'activity' | 'results' | 'problems' | 'billing';

/** How much it matters: `info` may wait for the daily digest, `warning` for the end of quiet hours, `critical` waits for nothing. */
export type NotificationSeverity = 'info' | 'warning' | 'critical';

/** Where a message goes unless its reader decided otherwise. Channels that plugins contribute are switched on by people. */
export type NotificationChannel = 'inbox' | 'mail';

/** Fields that can stand in a text: flat, so that every language can place them. */
export type NotificationData = z.ZodObject;

/** What a field of a message's data may hold. */
export type NotificationValue = string | number | boolean | null;

/** How a kind of message looks and where it goes. */
export interface NotificationOptions {
  /** One line. `{field}` stands for a field of the data. */
  readonly title: Text;
  /** A few sentences; an empty line begins a paragraph. */
  readonly body: Text;
  readonly category: NotificationCategory;
  /** `info` when absent. */
  readonly severity?: NotificationSeverity;
  /** The inbox when absent. */
  readonly channels?: readonly NotificationChannel[];
  /** A page of the admin, as in `/shows/{showId}`. */
  readonly link?: `/${string}`;
}

/** A kind of message that the plugin sends to people. */
export interface NotificationType<D extends NotificationData = NotificationData> extends NotificationOptions {
  readonly kind: 'notification';
  /** Unique in the plugin. */
  readonly name: string;
  readonly data: D;
}

/**
 * Declares a kind of message. The manifest lists it under `notifications`; `ctx.notify` sends it.
 * @example
 * const importFailed = notification('import-failed', z.object({ show: z.string(), reason: z.string() }), {
 *   title: text({ en: 'The import of {show} failed', de: 'Der Import von {show} ist gescheitert' }),
 *   body: text({ en: '{reason}', de: '{reason}' }),
 *   category: 'problems',
 *   severity: 'warning',
 *   channels: ['inbox', 'mail'],
 * });
 * @throws PodliftError `invalid_contract` for a placeholder that is no field of the data.
 */
export function notification<D extends NotificationData>(
  name: string,
  data: D,
  options: NotificationOptions,
): NotificationType<D> {
  const fields = new Set(Object.keys(data.shape));
  for (const words of [options.title, options.body, options.link ?? ''])
    for (const one of typeof words === 'string' ? [words] : Object.values(words))
      for (const field of placeholdersOf(one))
        if (!fields.has(field))
          throw PodliftError.invalidContract(`notification ${name}`, `its data has no field {${field}}`);
  return { kind: 'notification', name, data, ...options };
}

/** The fields that a text wants. */
export const placeholdersOf = (words: string): string[] =>
  [...words.matchAll(/\{([a-zA-Z][\w]*)\}/g)].map(([, field = '']) => field);

/** Who gets a message: members of the tenant, everybody at most once. */
export interface NotificationRecipients {
  /** Ids of people; who is no member gets nothing. */
  readonly users?: readonly string[];
  readonly roles?: readonly Role[];
  /** Everybody who holds this permission. */
  readonly permission?: `${string}:${string}`;
}

/** What `ctx.notify` is told about one message. */
export interface NotifyOptions<D extends NotificationData = NotificationData> {
  readonly to: NotificationRecipients;
  readonly data: z.input<D>;
  /** A second message of the same kind and key is dropped, for as long as the first one is kept (90 days). */
  readonly key?: string;
}
