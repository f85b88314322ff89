import type { Credential } from '../http/index.ts';
import type { Role } from '../access/index.ts';

/** A person in a browser (or an app that sends the signed session token as Bearer). */
export interface SessionCredential extends Credential {
  readonly kind: 'session';
  readonly session: { readonly id: string; readonly expiresAt: Date };
  readonly user: { readonly id: string; readonly email: string; readonly name: string };
  /** Runs the installation. */
  readonly operator: boolean;
  /** Role by tenant id; unknown roles were left out. */
  readonly memberships: Readonly<Record<string, Role>>;
}

/** A key of one tenant. A write key may stand in a web page: it can only send hits. */
export interface KeyCredential extends Credential {
  readonly kind: 'key' | 'write-key';
  readonly tenantId: string;
  readonly cookie: false;
  readonly name: string;
  readonly scopes: readonly string[];
  /** What its maker was: scopes never reach further. */
  readonly role: Role;
  /** What its maker is now; absent for a key that belongs to the workspace. Both roles bound what it may do. */
  readonly makerRole?: Role;
}

/** What the identity room verifies. */
export type Identified = SessionCredential | KeyCredential;
