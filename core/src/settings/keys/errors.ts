import { PodliftError } from '@podlift/sdk';

/** What can stand in the way of an exchange of the master key, in sentences. */
export const KeysError = {
  rotating: () =>
    new PodliftError('keys.rotating', 'The master key is being exchanged by somebody else. Wait for its end.', {
      kind: 'conflict',
    }),

  nodesBehind: (kid: string, names: readonly string[]) =>
    new PodliftError(
      'keys.nodes_behind',
      `These nodes run and do not know the new master key ${kid}: ${names.join(', ')}. Restart each with the new key in PODLIFT_MASTER_KEY and the earlier one in PODLIFT_MASTER_KEYS_OLD, then run this again. Nothing was changed.`,
      { kind: 'conflict', details: { key: kid, nodes: names } },
    ),

  nodesLate: (names: readonly string[]) =>
    new PodliftError(
      'keys.nodes_late',
      `These nodes run and have not gone over to the new master key: ${names.join(', ')}. See their logs, then run this again; it goes on with what is left.`,
      { kind: 'unavailable', details: { nodes: names } },
    ),
};
