/** What one plugin gives to others and needs from them, as told by its plugin.json. */
export interface GraphNode {
  readonly id: string;
  readonly version: string;
  /** Service contracts that must be there. */
  readonly requires: readonly string[];
  /** Service contracts that are used when they are there. */
  readonly optional: readonly string[];
  readonly provides: readonly string[];
  readonly opens: readonly string[];
  readonly contributes: readonly { readonly point: string; readonly id: string }[];
  /** Published views, as `name@major`. */
  readonly publishes: readonly string[];
  readonly reads: readonly string[];
  readonly emits: readonly string[];
  readonly consumes: readonly string[];
  readonly prefixes: readonly string[];
}

/** Why a plugin of the graph cannot run. */
export type RefusalCode =
  | 'missing_contract'
  | 'contract_version'
  | 'contract_cycle'
  | 'contract_taken'
  | 'prefix_taken'
  | 'schema_taken'
  | 'dependency_degraded';

/** A plugin that cannot run and the sentence that says why. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

/** Splits `name@major`; a contract without a major counts as major 0. */
export function contractName(id: string): { readonly name: string; readonly major: number } {
  const at = id.lastIndexOf('@');
  return at < 0 ? { name: id, major: 0 } : { name: id.slice(0, at), major: Number(id.slice(at + 1)) };
}
