/** Names a class of the plugin's own inside its own container. It never crosses a boundary. */
export interface Token<out T> {
  readonly id: string;
  /** Carries the type only; there is no value. */
  readonly type?: T;
}

/**
 * Names a class of your own for `use()` and `ctx.get()`.
 * @example const decay = token<Decay>('decay');
 */
export const token = <T>(id: string): Token<T> => ({ id });
