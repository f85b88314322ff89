/** What the host and a computing thread say to each other. */
export interface ComputeOrder {
  readonly id: number;
  /** Address of the module whose default export computes. */
  readonly module: string;
  readonly input: unknown;
}

/** What an error is outside of the thread it was thrown in. */
export interface ThrownData {
  readonly code: string | undefined;
  readonly kind: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

export type ComputeAnswer =
  | { readonly id: number; readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly id: number; readonly kind: 'done'; readonly output: unknown }
  | { readonly id: number; readonly kind: 'thrown'; readonly thrown: ThrownData };
