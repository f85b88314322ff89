import { PodliftError } from '@podlift/sdk';

/** What can go wrong with settings, secrets and quotas, in sentences. */
export const SettingsError = {
  unknownOwner: (owner: string) =>
    new PodliftError('settings.unknown', `Nobody called "${owner}" has settings here.`, { kind: 'missing' }),

  invalid: (owner: string, errors: readonly { readonly path: readonly string[]; readonly message: string }[]) =>
    new PodliftError('settings.invalid', `These settings of ${owner} cannot be used: ${describe(errors)}`, {
      kind: 'invalid',
      details: errors,
    }),

  changed: (owner: string, expected: number, actual: number) =>
    new PodliftError(
      'settings.changed',
      `The settings of ${owner} were changed by somebody else: you saw version ${expected}, now it is ${actual}. Load them again.`,
      { kind: 'conflict', details: { expected, actual } },
    ),

  secretUnreadable: (owner: string, name: string, cause: unknown) =>
    new PodliftError(
      'secrets.unreadable',
      `The secret "${name}" of ${owner} cannot be opened: it was sealed with another key, for another tenant, or was changed. Enter it again.`,
      { kind: 'unavailable', cause },
    ),

  secretTooLong: (name: string, most: number) =>
    new PodliftError('secrets.too_long', `The secret "${name}" is longer than ${most} characters.`, {
      kind: 'invalid',
    }),

  quota: (name: string, limit: number, used: number, per: string, resetsAt: number | undefined) =>
    new PodliftError(
      resetsAt === undefined ? 'quotas.plan_limit' : 'quota_exceeded',
      resetsAt === undefined
        ? `The plan of this workspace allows ${limit} ${name}${per === 'month' ? ' a month' : ''}, and ${used} are used. Choose a larger plan or free some.`
        : `This workspace may use ${limit} ${name} per ${per}, and ${used} are used. Try again after ${new Date(resetsAt).toISOString()}.`,
      {
        kind: resetsAt === undefined ? 'payment' : 'limit',
        details: { quota: name, limit, used, per, ...(resetsAt !== undefined && { resetsAt }) },
      },
    ),
};

const describe = (errors: readonly { readonly path: readonly string[]; readonly message: string }[]): string =>
  errors.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message)).join('; ');
