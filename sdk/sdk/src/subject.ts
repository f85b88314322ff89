/** One name of a person: a kind, such as `email`, `user` or `household`, and the value it has there. */
export interface Identifier {
  readonly kind: string;
  readonly value: string;
}
