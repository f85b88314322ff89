import { PodliftError } from '@podlift/sdk';

const error = (code: string, message: string, kind: 'invalid' | 'missing' | 'conflict' | 'forbidden') =>
  new PodliftError(`sharing.${code}`, message, { kind });

/** Why a share is not what was asked for. */
export const SharingErrors = {
  unknown: (id: string) => error('unknown', `There is no share ${id}.`, 'missing'),
  receiverUnknown: (id: string) =>
    error('receiver_unknown', `There is no workspace ${id}. Ask the receiver for the id of theirs.`, 'missing'),
  toOneself: () =>
    error('to_oneself', 'A workspace shares nothing with itself. Name the id of another one.', 'invalid'),
  datasetUnknown: (dataset: string, known: readonly string[]) =>
    error('dataset_unknown', `There is no dataset "${dataset}". There are: ${known.join(', ') || 'none'}.`, 'invalid'),
  datasetClosed: (dataset: string) =>
    error('dataset_closed', `The workspace has not enabled the plugin that keeps "${dataset}".`, 'conflict'),
  expired: () => error('expired', 'The date on which it expires is past. Name a later one, or none.', 'invalid'),
  wrongState: (state: string, wanted: string) =>
    error('wrong_state', `The share is ${state}; that can be done only while it is ${wanted}.`, 'conflict'),
  notWithdrawable: () =>
    error(
      'not_withdrawable',
      'The accepted terms do not let you take back what was copied. End it without.',
      'forbidden',
    ),
  tooMany: (most: number) => error('too_many', `A workspace has at most ${most} open shares.`, 'conflict'),
} as const;
