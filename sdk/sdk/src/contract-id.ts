/** Names a contract and its major version, as in `attribution.models@1`. The string is the identity, so two copies of the SDK agree. */
export type ContractId = `${string}@${number}`;

/** Splits an id into its name and its major version. */
export function parseContractId(id: string): { readonly name: string; readonly major: number } {
  const at = id.lastIndexOf('@');
  return { name: id.slice(0, at), major: Number(id.slice(at + 1)) };
}

/** The id of another major version of the same contract. */
export function withMajor(id: ContractId, major: number): ContractId {
  return `${parseContractId(id).name}@${major}`;
}
