import type { Credential, Principal, TenantRef } from '@podlift/core/http';
import { problem } from '@podlift/core/http';
import { uuidv7 } from '@podlift/sdk';

/** Who a test's request comes from. */
export interface TestPrincipal {
  /** Id of the tenant. */
  readonly tenant?: string;
  /** What it may do; everything when absent. */
  readonly permissions?: readonly string[];
  /** What it is in the tenant; rules of flags may ask. */
  readonly role?: string;
  readonly operator?: boolean;
  /** No credential at all. */
  readonly anonymous?: boolean;
  readonly user?: string;
}

interface TestCredential extends Credential {
  readonly who: TestPrincipal;
}

/** Credentials of a test: a token for each principal, which the edge verifies like any other. */
export function createPrincipals(findTenant: (id: string) => Promise<TenantRef | undefined>) {
  const tokens = new Map<string, TestPrincipal>();
  return {
    /** A header that makes a request come from `who`. */
    headers(who: TestPrincipal): Record<string, string> {
      if (who.anonymous) return who.tenant === undefined ? {} : { 'podlift-tenant': who.tenant };
      const token = `test_${uuidv7()}`;
      tokens.set(token, who);
      return { authorization: `Bearer ${token}` };
    },
    async authenticate(request: Request): Promise<TestCredential | undefined> {
      const token = request.headers.get('authorization')?.replace(/^Bearer /, '');
      if (token === undefined) return undefined;
      const who = tokens.get(token);
      if (!who) throw problem(401, 'test.credential', 'This is no credential of the test');
      const { tenant, user = 'tester' } = who;
      return {
        kind: 'key',
        actor: { kind: 'user', id: user },
        ...(tenant !== undefined && { tenantId: tenant }),
        cookie: false,
        id: user,
        who,
      };
    },
    async resolvePrincipal({ who, actor }: TestCredential, tenant: TenantRef | undefined): Promise<Principal> {
      return {
        ...(tenant && { tenant }),
        ...(who.role !== undefined && { role: who.role }),
        actor,
        operator: who.operator ?? false,
        can: (permission) => who.permissions?.includes(permission) ?? true,
      };
    },
    findTenant,
  };
}
