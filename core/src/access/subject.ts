import type { Role } from './role.ts';

/** Who asks, as far as permissions depend on it. */
export interface Subject {
  /** The role in the tenant at hand; none for a stranger to it. */
  readonly role?: Role | undefined;
  /** A second role that must hold everything too: what its maker was when a key was made, beside what they are now. */
  readonly within?: Role | undefined;
  readonly operator: boolean;
  /** Held without a role: what a write key is for. */
  readonly granted?: readonly string[] | undefined;
  /** A key's scopes: they narrow what the role may do and never widen it. */
  readonly scopes?: readonly string[] | undefined;
  /** What `${user.id}` and the like in conditions stand for. */
  readonly user?: Readonly<Record<string, unknown>> | undefined;
}
