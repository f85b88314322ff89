import { z } from 'zod';

/** Who owns the settings of the workspace itself, in core.setting. */
export const CORE_SETTINGS = 'core';

const timeZone = z
  .string()
  .refine(isTimeZone, 'Is not a time zone of the IANA list, like Europe/Berlin.')
  .describe('IANA time zone in which days begin.');
const currency = z
  .string()
  .refine((code) => CURRENCIES.has(code), 'Is not a currency of ISO 4217, like EUR.')
  .describe('ISO 4217 currency of reports.');
const locale = z
  .string()
  .refine(isLocale, 'Is not a language tag of BCP 47, like de-AT.')
  .transform((tag) => new Intl.Locale(tag).baseName)
  .describe('BCP 47 language tag.');

/** How days, money and words are shown in a workspace, and where its days begin. */
export const tenantSettingsSchema = z.strictObject({
  timeZone: timeZone.default('UTC'),
  currency: currency.default('USD'),
  locale: locale.default('en'),
  /** ISO weekday: 1 is Monday, 7 is Sunday. */
  weekStart: z.int().min(1).max(7).default(1),
});

export type TenantSettings = z.infer<typeof tenantSettingsSchema>;

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether it is a name of the IANA list. */
export function isTimeZone(name: string): boolean {
  // Offsets like +02:00 are accepted by Intl, but know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
