import { PodliftError } from '@podlift/sdk';

/** What can go wrong with messages, in sentences. */
export const NotifyError = {
  nobody: (kind: string) =>
    new PodliftError('notify.no_recipients', `The message ${kind} names nobody: say users, roles or a permission.`, {
      kind: 'invalid',
    }),

  dataTooLarge: (kind: string, bytes: number, most: number) =>
    new PodliftError(
      'notify.data_too_large',
      `The data of the message ${kind} has ${bytes} bytes; at most ${most} are allowed.`,
      { kind: 'invalid' },
    ),

  peopleOnly: () =>
    new PodliftError('notify.people_only', 'Only a person has an inbox; a key has none.', { kind: 'forbidden' }),

  unknownItem: () =>
    new PodliftError('notify.item_unknown', 'There is no such message in your inbox.', { kind: 'missing' }),

  unknownDelivery: () =>
    new PodliftError('notify.delivery_unknown', 'There is no such delivery that has failed.', { kind: 'missing' }),

  mandatory: (category: string) =>
    new PodliftError('notify.mandatory', `Messages of the category "${category}" cannot be switched off.`, {
      kind: 'invalid',
      details: [{ path: ['choices'], message: `"${category}" cannot be switched off.` }],
    }),

  unknownChannel: (channel: string) =>
    new PodliftError('notify.channel_unknown', `There is no channel "${channel}" here.`, {
      kind: 'invalid',
      details: [{ path: ['choices'], message: `"${channel}" is no channel here.` }],
    }),

  notSent: (why: string) =>
    new PodliftError('notify.not_sent', `The mail did not leave: ${why}`, { kind: 'unavailable' }),

  unknownState: (state: string, known: readonly string[]) =>
    new PodliftError('notify.state_unknown', `"${state}" is no state of a delivery; use one of ${known.join(', ')}.`, {
      kind: 'invalid',
    }),

  badAddress: (address: string) =>
    new PodliftError('notify.address_invalid', `"${address.slice(0, 100)}" is not a mail address.`, {
      kind: 'invalid',
    }),
} as const;
