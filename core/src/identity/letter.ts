/** What an installation writes to people about their accounts. */
export type LetterKind =
  | 'verify-email'
  | 'sign-up'
  | 'sign-up-again'
  | 'reset-password'
  | 'password-changed'
  | 'new-device'
  | 'invitation';

/** A mail about somebody's account. It has no tenant: it is between the installation and a person. */
export interface Letter {
  readonly kind: LetterKind;
  readonly to: { readonly address: string; readonly name?: string };
  /** The first of these that the letter is written in; English otherwise. */
  readonly languages?: readonly string[];
  /** What stands in its text. */
  readonly values?: Readonly<Record<string, string>>;
  /** What it asks to open. */
  readonly link?: string;
  /** Milliseconds for which it is worth sending; a day when absent. */
  readonly validMs?: number;
  /** A second one of the same key is dropped, as long as the first is kept. */
  readonly key?: string;
}

/** Takes letters to be sent: kept before it returns, sent soon after. */
export interface Post {
  /** Whether mails leave this installation, or are kept for whoever develops on it. */
  readonly open: boolean;
  send(letter: Letter): Promise<void>;
}

/** Where nobody carries letters. */
export const NO_POST: Post = { open: false, send: async () => undefined };
