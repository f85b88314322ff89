/** @module Every error that this plugin raises. What the database refuses is told in the words of the field that caused it. */
import { PodliftError, type ErrorKind, type InvalidField } from '@podlift/sdk';

const error = (
  code: `campaigns.${string}`,
  message: string,
  kind: ErrorKind,
  fields: readonly InvalidField[],
): PodliftError => new PodliftError(code, message, { kind, details: fields });
const body = (field: string, message: string): InvalidField[] => [{ in: 'body', path: [field], message }];

export const CampaignErrors = {
  notFound: (what: string, id: string): PodliftError => PodliftError.notFound(`${what} ${id}`),
  changed: (what: string): PodliftError =>
    new PodliftError('http.version_differs', `the ${what} was changed meanwhile; read it again and repeat the change`, {
      kind: 'conflict',
    }),
  showUnknown: (ids: readonly string[]): PodliftError =>
    error('campaigns.show_unknown', `there is no show ${ids.join(', ')}`, 'invalid', body('showId', 'Is not a show.')),
  cursor: (): PodliftError =>
    PodliftError.invalidInput('the request', [
      { in: 'query', path: ['cursor'], message: 'Is not a cursor of this list.' },
    ]),
} as const;

interface Refusal {
  readonly code: `campaigns.${string}`;
  readonly kind: ErrorKind;
  readonly field: string;
  readonly message: string;
}
const taken = (field: string, what: string): Refusal => ({
  code: `campaigns.${field.toLowerCase()}_taken`,
  kind: 'conflict',
  field,
  message: `the ${what} is taken`,
});
const unknown = (field: string, what: string): Refusal => ({
  code: `campaigns.${what}_unknown`,
  kind: 'invalid',
  field,
  message: `there is no such ${what}`,
});
const wrong = (field: string, message: string): Refusal => ({
  code: 'campaigns.invalid',
  kind: 'invalid',
  field,
  message,
});

/** By constraint (migrations/0001_catalogue.ts). */
const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ['sponsor_tenant_id_name_key_key', taken('name', 'name')],
  ['code_tenant_id_live_key_key', taken('code', 'code')],
  ['link_tenant_id_live_slug_key', taken('slug', 'slug')],
  ['link_tenant_id_live_vanity_key', taken('vanityUrl', 'vanity address')],
  ['campaign_tenant_id_sponsor_id_fkey', unknown('sponsorId', 'sponsor')],
  ['placement_tenant_id_campaign_id_fkey', unknown('campaignId', 'campaign')],
  ['code_tenant_id_campaign_id_fkey', unknown('campaignId', 'campaign')],
  ['link_tenant_id_campaign_id_fkey', unknown('campaignId', 'campaign')],
  ['code_tenant_id_campaign_id_placement_id_fkey', wrong('placementId', 'there is no such placement in the campaign')],
  ['link_tenant_id_campaign_id_placement_id_fkey', wrong('placementId', 'there is no such placement in the campaign')],
  ['campaign_flight_check', wrong('endsAt', 'the campaign ends before it starts')],
  ['placement_live_check', wrong('liveUntil', 'the placement ends before it airs')],
  ['code_valid_check', wrong('validUntil', 'the code ends before it is valid')],
  ['code_shared_check', wrong('placementId', 'a shared code names its campaign only')],
]);

/** An error of the database as this plugin tells it; others as they are. */
function toRefusal(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  if (thrown.name === 'OptimisticLockError') return CampaignErrors.changed('record');
  const constraint =
    'constraint' in thrown && typeof thrown.constraint === 'string' ? thrown.constraint.replace(/_\d+$/, '') : '';
  const refusal = REFUSALS.get(constraint);
  if (!refusal) return thrown;
  return error(
    refusal.code,
    refusal.message,
    refusal.kind,
    body(refusal.field, `${refusal.message.charAt(0).toUpperCase()}${refusal.message.slice(1)}.`),
  );
}

/** Runs writes and tells refusals in the plugin's words. */
export async function refusing<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (thrown) {
    throw toRefusal(thrown);
  }
}
