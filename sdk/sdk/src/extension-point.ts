import type { z } from 'zod';
import type { ContractId } from './contract-id.ts';
import type { Client, Implementation, Methods } from './method.ts';

/** A place to which any plugin contributes entries: data for lists and screens, methods for work. */
export interface ExtensionPoint<D extends z.ZodObject = z.ZodObject, M extends Methods = Methods> {
  readonly kind: 'point';
  readonly id: ContractId;
  readonly data: D;
  readonly methods: M;
}

/**
 * Declares a place with many contributors. Any plugin may open one; none is privileged.
 * @example const models = extensionPoint('attribution.models@1', z.object({ label: z.string() }), { credit });
 */
export const extensionPoint = <D extends z.ZodObject, const M extends Methods>(
  id: ContractId,
  data: D,
  methods: M,
): ExtensionPoint<D, M> => ({ kind: 'point', id, data, methods });

/** zod calls an object without fields `Record<string, never>`, with which nothing can be intersected. */
type Fields<T> = string extends keyof T ? unknown : T;

/** An entry as its contributor writes it: an id that is unique in the point, the point's data and its methods. */
export type Contribution<D extends z.ZodObject, M extends Methods, X> = { readonly id: string } & Fields<z.input<D>> &
  Implementation<M, X>;

/** An entry as the plugin that opened the point reads it; `plugin` is the contributor's id. */
export type Entry<D extends z.ZodObject, M extends Methods> = {
  readonly id: string;
  readonly plugin: string;
} & Fields<z.output<D>> &
  Client<M>;
