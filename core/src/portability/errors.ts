import { PodliftError } from '@podlift/sdk';

/** What can go wrong with moving tenants and with the rights of people, in sentences. */
export const PortabilityError = {
  passphraseMissing: () =>
    new PodliftError('portability.passphrase_missing', 'The archive is sealed. Give the passphrase it was made with.', {
      kind: 'invalid',
    }),

  passphraseWrong: () =>
    new PodliftError('portability.passphrase_wrong', 'The passphrase does not open the archive.', { kind: 'invalid' }),

  passphraseShort: (least: number) =>
    new PodliftError('portability.passphrase_short', `A passphrase has at least ${least} characters.`, {
      kind: 'invalid',
    }),

  damaged: (why: string) =>
    new PodliftError('portability.archive_damaged', `The archive is damaged: ${why}. Nothing of it was imported.`, {
      kind: 'invalid',
    }),

  notAnArchive: (why: string) =>
    new PodliftError('portability.archive_unknown', `This is not an archive of a tenant: ${why}.`, { kind: 'invalid' }),

  refused: (reasons: readonly string[]) =>
    new PodliftError(
      'portability.import_refused',
      `The tenant cannot live here: ${reasons.join('; ')}. Nothing was imported.`,
      { kind: 'conflict', details: { reasons } },
    ),

  tooManyExports: (most: number) =>
    new PodliftError(
      'portability.exports_waiting',
      `${most} exports of this workspace are not made yet. Wait for one of them.`,
      { kind: 'conflict' },
    ),

  differs: (tables: readonly string[]) =>
    new PodliftError(
      'portability.import_differs',
      `What was imported is not what the archive says: ${tables.join(', ')}. The tenant stays closed; purge it and import again.`,
      { details: { tables } },
    ),

  tablesInACircle: (tables: readonly string[]) =>
    new PodliftError(
      'portability.tables_in_a_circle',
      `These tables reference each other in a circle, so no order fills them: ${tables.join(', ')}.`,
    ),

  fileChanged: (digest: string) =>
    new PodliftError(
      'portability.file_changed',
      `The file ${digest} was removed while the tenant was exported. Export it again.`,
      { kind: 'conflict' },
    ),

  noIdentifier: () =>
    new PodliftError(
      'privacy.no_identifier',
      'Name the person by at least one identifier, such as an e-mail address.',
      {
        kind: 'invalid',
      },
    ),

  badIdentifier: (kind: string, known: readonly string[]) =>
    new PodliftError(
      'privacy.identifier_unknown',
      `Nothing here is known by "${kind}". What names people here: ${known.join(', ')}.`,
      { kind: 'invalid', details: { known } },
    ),

  onHold: (reason: string) =>
    new PodliftError(
      'privacy.on_hold',
      `Nothing is deleted in this workspace while a legal hold is in force: ${reason}`,
      { kind: 'conflict' },
    ),

  tooMany: (most: number) =>
    new PodliftError(
      'privacy.too_many_identifiers',
      `The links of this person lead to more than ${most} identifiers; such a person is not one. Name them more exactly.`,
      { kind: 'conflict' },
    ),

  unknownRequest: (id: string) =>
    new PodliftError('privacy.request_unknown', `There is no privacy request ${id}.`, { kind: 'missing' }),

  unknownExport: (id: string) =>
    new PodliftError('portability.export_unknown', `There is no export ${id}.`, { kind: 'missing' }),

  notReady: (state: string) =>
    new PodliftError('portability.not_ready', `It is ${state}; there is nothing to download yet.`, {
      kind: 'conflict',
    }),

  onceMore: (table: string) =>
    new PodliftError(
      'privacy.rows_held',
      `Rows of ${table} cannot be deleted because rows about somebody else refer to them. Its plugin must declare what becomes of those.`,
      { kind: 'conflict' },
    ),
} as const;
