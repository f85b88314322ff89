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
  /**
   * What kind of name for the person the field holds: `email`, `phone`, `user`, `household`, or a word of the plugin's own, such as
   * `acme.order`. Rows about a person are found by it, and rows that share a name of one kind are about the same person.
   */
  readonly identifies?: string;
  /** For a field about somebody else than the rest of the row, such as who invited: fields with the same word belong together. */
  readonly party?: string;
  /** Text or JSON that may name other people than the row is about, such as a message: it is searched for their names. */
  readonly mentions?: boolean;
  /** The field with the time from which `retentionDays` count; the time in the row's UUIDv7 `id`, else its creation, when absent. */
  readonly since?: string;
}

/**
 * What a stored field tells about a person. Every field says it; `none` is a statement too, `secret` is a credential.
 * @example { category: 'personal', subject: 'customer', purpose: 'match orders', erasure: 'delete', retentionDays: 400 }
 */
export type Privacy = 'none' | 'secret' | PersonalData;
