import { PodliftError } from '@podlift/sdk';

/** What can go wrong with flags, in sentences. */
export const FlagError = {
  unknown: (flag: string) =>
    new PodliftError('flags.unknown', `There is no flag ${flag}; a plugin that does not run declares none.`, {
      kind: 'missing',
      details: { flag },
    }),

  invalid: (flag: string, errors: readonly { readonly path: readonly string[]; readonly message: string }[]) =>
    new PodliftError('flags.invalid', `This cannot be said of the flag ${flag}.`, { kind: 'invalid', details: errors }),

  operatorsOnly: (flag: string) =>
    new PodliftError('flags.operators_only', `Only an operator decides about the flag ${flag} for a workspace.`, {
      kind: 'forbidden',
      details: { flag },
    }),

  changed: (flag: string, expected: number, actual: number) =>
    new PodliftError(
      'flags.changed',
      `The flag ${flag} was changed by somebody else: you saw version ${expected}, now it is ${actual}. Read it again.`,
      { kind: 'conflict', details: { expected, actual } },
    ),
};
