import type { ContractId } from './contract-id.ts';
import type { Methods } from './method.ts';

/** A contract that one plugin provides and others require. */
export interface Service<M extends Methods = Methods> {
  readonly kind: 'service';
  readonly id: ContractId;
  readonly methods: M;
}

/**
 * Declares a contract with one provider.
 * @example const rates = service('currency.rates@1', { convert: method(Amount, z.bigint()) });
 */
export const service = <const M extends Methods>(id: ContractId, methods: M): Service<M> => ({
  kind: 'service',
  id,
  methods,
});
