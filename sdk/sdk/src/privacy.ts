/** What kind of thing a field says about a person. */
export type PrivacyCategory =
  | 'identifier'
  | 'contact'
  | 'device'
  | 'location'
  | 'behavior'
  | 'purchase'
  | 'profile'
  | 'content'
  | 'credential';

/** Whose data it is. */
export type PrivacySubject = 'listener' | 'customer' | 'user' | 'partner';

/** How long it is kept: a number of days, or as long as the tenant. */
export type Retention = `${number} days` | 'tenant';

/** What a request to forget the person does with it. */
export type Erasure = 'delete' | 'anonymize' | 'keep';

/** Says of one field which person it tells about, why it is kept and for how long. */
export interface PersonalData {
  readonly category: PrivacyCategory;
  readonly subject: PrivacySubject;
  /** A sentence for the record of processing: what the field is needed for. */
  readonly purpose: string;
  readonly retention: Retention;
  readonly erasure: Erasure;
}

/** Every stored field says what it is; `none` is a statement too: it tells nothing about a person. */
export type Privacy = 'none' | PersonalData;

/**
 * A field that tells about a person.
 * @example const email = personal({ category: 'contact', subject: 'customer', purpose: 'match orders', retention: '400 days', erasure: 'delete' });
 */
export const personal = (data: PersonalData): PersonalData => data;
