import type { CommandTenant } from '../command.ts';
import type { ComputationOptions } from '../computation.ts';
import type { ContractId } from '../contract-id.ts';
import type { TenantChange } from '../declare.ts';
import type { JobOptions } from '../job.ts';

/** What the host needs to know of a method to call it. */
export interface DeclaredMethod {
  readonly timeoutMs?: number;
}

export interface DeclaredContribution {
  readonly point: ContractId;
  readonly id: string;
  /** As `toJson` writes it. */
  readonly data: unknown;
  readonly methods: Readonly<Record<string, DeclaredMethod>>;
}

export interface DeclaredService {
  readonly id: ContractId;
  readonly methods: Readonly<Record<string, DeclaredMethod>>;
}

export interface DeclaredEvent {
  readonly id: ContractId;
  readonly mode: 'each' | 'batch';
  /** The id itself and the older majors that the plugin's upcasters read. */
  readonly accepts: readonly ContractId[];
  /** Present when nobody may ask for these events once more. */
  readonly replay?: 'refuse';
}

export interface DeclaredJob extends JobOptions {
  readonly name: string;
  readonly schema: object;
}

export interface DeclaredComputation extends ComputationOptions {
  readonly name: string;
  /** JSON schemas. */
  readonly input: object;
  readonly output: object;
}

export interface DeclaredCommand {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the options. */
  readonly options: object;
  readonly tenant?: CommandTenant;
  readonly onFirstStart?: boolean;
}

/** Everything that `setup` declared, as plain JSON. It is part of plugin.json, and activation compares the two. */
export interface Declaration {
  readonly contributions: readonly DeclaredContribution[];
  readonly services: readonly DeclaredService[];
  readonly events: readonly DeclaredEvent[];
  readonly jobs: readonly DeclaredJob[];
  /** Absent when there are none. */
  readonly computations?: readonly DeclaredComputation[];
  readonly commands: readonly DeclaredCommand[];
  /** OpenAPI of the plugin's routes; absent when it has none. */
  readonly document?: object;
  readonly health: boolean;
  /** Names people in ways of its own. */
  readonly subject?: true;
  readonly tenant: readonly TenantChange[];
}
