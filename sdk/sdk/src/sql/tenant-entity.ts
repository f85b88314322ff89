import { defineEntity, p, type EntityManager, type PropertyBuilders } from '@mikro-orm/core';
import type { ENTITY_MANAGER } from '../data.ts';

/** Marks an entity as readable by MikroORM's entity manager, for the type of `ctx.db.em()`. */
export interface ReadableEntity {
  readonly [ENTITY_MANAGER]?: EntityManager;
}

/** An entity of a tenant table; `tenantId` and the filter by tenant are added. */
export interface TenantEntityOptions<N extends string, T extends string, P extends Record<string, unknown>> {
  readonly name: N;
  readonly tableName: T;
  /** `tenantId` comes first by itself; mark the rest of the key with `.primary()`. */
  readonly properties: (p: PropertyBuilders) => P;
}

/**
 * An entity over a table that `schema.tenantTable()` has made. Its key starts with `tenantId`, and every query of the
 * entity manager says the tenant.
 * @example
 * export const Code = tenantEntity({ name: 'Code', tableName: 'code', properties: (p) => ({ id: p.uuid().primary(), code: p.text() }) });
 */
export function tenantEntity<const N extends string, const T extends string, const P extends Record<string, unknown>>({
  name,
  tableName,
  properties,
}: TenantEntityOptions<N, T, P>) {
  const entity = defineEntity({
    name,
    tableName,
    properties: { tenantId: p.uuid().primary(), ...properties(p) },
    filters: { tenant: { name: 'tenant', cond: ({ tenant }) => ({ tenantId: tenant }), default: true, args: true } },
  });
  const readable: typeof entity & ReadableEntity = entity;
  return readable;
}
