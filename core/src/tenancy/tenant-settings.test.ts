import { expect, test } from 'vitest';
import { tenantSettingsSchema } from './tenant-settings.ts';

test('a new workspace has settings', () => {
  expect(tenantSettingsSchema.parse({})).toEqual({ timeZone: 'UTC', currency: 'USD', locale: 'en', weekStart: 1 });
});

test.each([
  ['timeZone', 'Europe/Berlin', 'Europe/Berlin'],
  ['timeZone', 'America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
  ['currency', 'EUR', 'EUR'],
  ['locale', 'de-at', 'de-AT'],
  ['locale', 'zh-Hant-TW', 'zh-Hant-TW'],
  ['weekStart', 7, 7],
] as const)('%s may be %s', (name, value, kept) => {
  expect(tenantSettingsSchema.parse({ [name]: value })[name]).toBe(kept);
});

test.each([
  ['timeZone', 'Berlin', /IANA/],
  ['timeZone', '+02:00', /IANA/],
  ['timeZone', '', /IANA/],
  ['currency', 'eur', /ISO 4217/],
  ['currency', 'XYZ', /ISO 4217/],
  ['locale', 'de_AT', /BCP 47/],
  ['locale', '', /BCP 47/],
  ['weekStart', 0, />=1/],
  ['weekStart', 1.5, /int/],
  ['week', 1, /[Uu]nrecognized/],
])('%s may not be %j', (name, value, why) => {
  expect(() => tenantSettingsSchema.parse({ [name]: value })).toThrow(why);
});
