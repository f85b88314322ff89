/** How close a field is to a person: a keyed hash is `pseudonymous`, health or belief is `special`. */
export type PersonalCategory = 'pseudonymous' | 'personal' | 'special';

/** Whose data it is. */
export type PrivacySubject = 'listener' | 'customer' | 'user' | 'partner';

/** What a request to forget the person does with it. */
export type Erasure = 'delete' | 'clear' | 'keep';

/** Says of one field which person it tells about, why it is kept and for how long. */
export interface PersonalData {
  readonly category: PersonalCategory;
  readonly subject: PrivacySubject;
  /** For the record of processing: what the field is needed for. */
  readonly purpose: string;
  readonly erasure: Erasure;
  /** As long as the tenant when absent. */
  readonly retentionDays?: number;
}

/**
 * What a stored field tells about a person. Every field says it; `none` is a statement too, `secret` is a credential.
 * @example { category: 'personal', subject: 'customer', purpose: 'match orders', erasure: 'delete', retentionDays: 400 }
 */
export type Privacy = 'none' | 'secret' | PersonalData;
