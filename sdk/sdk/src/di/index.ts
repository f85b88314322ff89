/** @module A plugin's own classes through tsyringe, as function calls. Only plugins that import this carry tsyringe. */
import 'reflect-metadata';
import { container, inject, injectable } from 'tsyringe';
import type { Wiring } from '../declare.ts';
import type { Token } from '../token.ts';

type Tokens<A extends readonly unknown[]> = { readonly [K in keyof A]: Token<A[K]> };
type Constructor = new (...args: unknown[]) => unknown;

/** A class bound to a token. */
export interface Provided {
  readonly token: Token<unknown>;
  readonly create: Constructor;
  readonly dependencies: readonly Token<unknown>[];
}

/**
 * Binds a class to a token. The dependencies are checked against the constructor.
 * @example use(classes(provide(clock, Clock, []), provide(decay, Decay, [clock])));
 */
export function provide<A extends unknown[], T>(
  token: Token<T>,
  create: new (...args: A) => T,
  dependencies: Tokens<A>,
): Provided {
  // The container hands the constructor what the tokens name, which the signature has checked.
  return { token, create: create as unknown as Constructor, dependencies };
}

/**
 * Wires classes for `use()`: one container per activation, each class made once at its first use, and disposed together,
 * dependants before what they depend on. A class with a `dispose()` method is disposed.
 */
export const classes =
  (...provided: readonly Provided[]) =>
  (): Wiring => {
    const scope = container.createChildContainer();
    const made: unknown[] = [];
    for (const { token, create, dependencies } of provided) {
      dependencies.forEach((dependency, i) => inject(dependency.id)(create, undefined, i));
      injectable<unknown>()(create);
      scope.registerSingleton(token.id, create);
      scope.afterResolution(token.id, (_, one) => void made.push(one), { frequency: 'Once' });
    }
    return {
      resolve: (id) => scope.resolve(id),
      async dispose() {
        // tsyringe's own dispose() goes in the order of creation: dependencies first.
        for (const one of made.splice(0).toReversed()) if (isDisposable(one)) await one.dispose();
        scope.clearInstances();
      },
    };
  };

const isDisposable = (value: unknown): value is { dispose(): unknown } =>
  typeof value === 'object' && value !== null && 'dispose' in value && typeof value.dispose === 'function';
