import type { TenantRef } from '../http/index.ts';

/** Where a tenant stands. `deleted` can be restored until `purgeAfter`; `purging` cannot any more, `importing` is not whole yet. */
export type TenantStatus = 'active' | 'suspended' | 'deleted' | 'purging' | 'importing';

/** One customer of the installation, and everything that is theirs. */
export interface Tenant extends TenantRef {
  readonly status: TenantStatus;
  readonly name: string;
  readonly plan: string;
  /** Rises with every change; the ETag. */
  readonly version: number;
  /** Made by a command for a demonstration; removed at once and as a whole. */
  readonly disposable: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly suspendedAt: Date | null;
  readonly suspendedReason: string | null;
  readonly deletedAt: Date | null;
  readonly purgeAfter: Date | null;
}

/** The columns of core.tenants under the names of {@link Tenant}. */
export const TENANT_COLUMNS = `id, slug, name, status, plan, version, disposable, created_at as "createdAt", updated_at as "updatedAt",
  suspended_at as "suspendedAt", suspended_reason as "suspendedReason", deleted_at as "deletedAt", purge_after as "purgeAfter"`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isTenantId = (text: string): boolean => UUID.test(text);
