/** @module What this plugin tells people. */
import { notification, text } from '@podlift/sdk';
import { z } from 'zod';

const to = { permission: 'currency:write' } as const;

/** Reference rates could not be read for days; once may be chance. */
const feedFailing = notification('feed-failing', z.object({ days: z.int(), reason: z.string() }), {
  title: text({ en: 'Reference rates are missing', de: 'Es fehlen Referenzkurse' }),
  body: text({
    en: 'The rates of the European Central Bank could not be read for {days} days: {reason}\n\nAmounts of other currencies have no rate once the last one is too old. Enter rates of your own, or see whether this server reaches www.ecb.europa.eu.',
    de: 'Die Kurse der Europäischen Zentralbank ließen sich {days} Tage lang nicht lesen: {reason}\n\nBeträge anderer Währungen haben keinen Kurs mehr, sobald der letzte zu alt ist. Tragen Sie eigene Kurse ein, oder prüfen Sie, ob dieser Server www.ecb.europa.eu erreicht.',
  }),
  category: 'problems',
  severity: 'warning',
  channels: ['inbox', 'mail'],
});

export const notifications = { feedFailing, to } as const;

/** Days in a row after which people are told; rates that stay missing are told of once. */
export const TELL_AFTER_DAYS = 3;
