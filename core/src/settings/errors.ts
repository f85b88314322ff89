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

  versionUnknown: (owner: string, version: number) =>
    new PodliftError('settings.version_unknown', `${owner} has no settings of version ${version} here.`, {
      kind: 'missing',
    }),

  noSecrets: (owner: string) =>
    new PodliftError('secrets.unknown', `Nobody called "${owner}" has secrets here.`, { kind: 'missing' }),

  secretUndeclared: (owner: string, name: string, names: readonly string[]) =>
    new PodliftError('secrets.unknown', `${owner} has no secret "${name}"; it has ${names.join(', ')}.`, {
      kind: 'missing',
      details: { owner, names },
    }),

  tooManySecrets: (most: number) =>
    new PodliftError('secrets.too_many', `This workspace keeps ${most} secrets, and more is not possible.`, {
      kind: 'conflict',
    }),

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

  planLimit: (name: string, limit: number, used: number, per: string, resetsAt?: Date) =>
    new PodliftError(
      'quotas.plan_limit',
      `The plan of this workspace allows ${limit} ${name}${per === 'month' ? ' a month' : ''}, and ${used} are used. ${resetsAt ? `Choose a larger plan, or wait until counting starts anew at ${resetsAt.toISOString()}.` : 'Choose a larger plan or free some.'}`,
      {
        kind: 'payment',
        details: { quota: name, limit, used, per, ...(resetsAt && { resetsAt: resetsAt.toISOString() }) },
      },
    ),

  quotaExceeded: (name: string, limit: number, used: number, resetsAt: Date | undefined, now: number) => {
    const retryAfterSeconds = Math.ceil(((resetsAt?.getTime() ?? now) - now) / 1000);
    return new PodliftError(
      'quota_exceeded',
      `This workspace may use ${limit} ${name} a day, and ${used} are used. Try again in ${retryAfterSeconds} s, or choose a larger plan.`,
      {
        kind: 'limit',
        details: { quota: name, limit, used, per: 'day', resetsAt: resetsAt?.toISOString(), retryAfterSeconds },
      },
    );
  },

  quotaOverrideUnknown: (name: string) =>
    new PodliftError('quotas.override_unknown', `No limit of ${name} was set for this tenant alone.`, {
      kind: 'missing',
    }),
};

const describe = (errors: readonly { readonly path: readonly string[]; readonly message: string }[]): string =>
  errors.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message)).join('; ');
