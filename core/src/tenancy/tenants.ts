import { uuidv7 } from '@podlift/sdk';
import type { Witness } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database, Tx } from '../data/index.ts';
import { TenantError } from './errors.ts';
import type { TenantDirectory } from './directory.ts';
import { UNLIMITED } from './plans.ts';
import { checkSlug } from './slug.ts';
import { isTenantId, TENANT_COLUMNS, type Tenant, type TenantStatus } from './tenant.ts';

/** An event that the registry appends in the transaction of the change. */
export interface TenantEvent {
  readonly type: string;
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly key: string;
}

export interface TenantsDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly directory: TenantDirectory;
  /** Appends to the outbox; the composition root gives the one of the events room. */
  readonly append?: (tx: Tx, events: readonly TenantEvent[]) => Promise<unknown>;
  /** Runs after a tenant was made. What fails is repaired by a sweeper of its owner. */
  readonly created?: (tenant: Tenant) => Promise<void>;
}

export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly plan?: string;
  readonly disposable?: boolean;
  /** Writes the row of its creation. */
  readonly witness?: Witness<Tenant>;
}

export interface TenantPage {
  readonly items: readonly Tenant[];
  /** Give it back to read on; undefined at the end. */
  readonly next: string | undefined;
}

/** The registry: what an operator does to tenants. */
export interface Tenants {
  create(input: NewTenant): Promise<Tenant>;
  /** The tenant of that slug, made when there is none. */
  ensure(input: NewTenant): Promise<Tenant>;
  /** Throws when there is none. */
  get(id: string): Promise<Tenant>;
  /** Newest first. */
  list(query?: {
    readonly status?: TenantStatus;
    readonly after?: string;
    readonly limit?: number;
  }): Promise<TenantPage>;
  /** With `expected`, only when that version is still the newest. */
  update(
    id: string,
    change: { readonly name?: string; readonly plan?: string; readonly slug?: string },
    expected?: number,
    witness?: Witness<Tenant>,
  ): Promise<Tenant>;
  /** Nobody but an operator gets an answer of a suspended tenant. */
  suspend(id: string, reason: string, witness?: Witness<Tenant>): Promise<Tenant>;
  resume(id: string, witness?: Witness<Tenant>): Promise<Tenant>;
  /** Closes the tenant and has it purged after the grace period; until then it can be restored. */
  remove(id: string, graceMs?: number, witness?: Witness<Tenant>): Promise<Tenant>;
  restore(id: string, witness?: Witness<Tenant>): Promise<Tenant>;
}

const GRACE_MS = 30 * 24 * 3600 * 1000;
const PAGE = { default: 50, max: 200 } as const;

const CREATE = `insert into core.tenants (id, slug, name, plan, disposable, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $6) on conflict (slug) do nothing returning ${TENANT_COLUMNS}`;
const GET = `select ${TENANT_COLUMNS} from core.tenants where id = $1`;
const LIST = `select ${TENANT_COLUMNS} from core.tenants
  where ($1::text is null or status = $1) and ($2::uuid is null or id < $2) order by id desc limit $3`;
const UPDATE = `update core.tenants set name = coalesce($2, name), plan = coalesce($3, plan), slug = coalesce($6, slug),
  version = version + 1, updated_at = $4
  where id = $1 and ($5::int is null or version = $5) returning ${TENANT_COLUMNS}`;
const SUSPEND = `update core.tenants set status = 'suspended', suspended_at = $2, suspended_reason = $3, version = version + 1,
  updated_at = $2 where id = $1 and status = 'active' returning ${TENANT_COLUMNS}`;
const RESUME = `update core.tenants set status = 'active', suspended_at = null, suspended_reason = null, version = version + 1,
  updated_at = $2 where id = $1 and status = 'suspended' returning ${TENANT_COLUMNS}`;
const REMOVE = `update core.tenants set status = 'deleted', deleted_at = $2, purge_after = $3, version = version + 1, updated_at = $2
  where id = $1 and status in ('active', 'suspended') returning ${TENANT_COLUMNS}`;
const RESTORE = `update core.tenants set status = case when suspended_at is null then 'active' else 'suspended' end,
  deleted_at = null, purge_after = null, version = version + 1, updated_at = $2
  where id = $1 and status = 'deleted' returning ${TENANT_COLUMNS}`;
const PLAN = 'select 1 from core.plan where id = $1';

export function createTenants({ database, clock, directory, append, created }: TenantsDeps): Tenants {
  const now = (): Date => new Date(clock.now());

  /** One change of one row and its event, committed together; `wanted` says in which status it would have been possible. */
  const change = async (
    id: string,
    verb: string,
    wanted: string,
    sql: string,
    values: readonly unknown[],
    witness?: Witness<Tenant>,
  ) => {
    const tenant = await get(id);
    const changed = await database.withTenant({ tenant: tenant.id }, async (tx) => {
      const [row] = await tx.query<Tenant>(sql, [tenant.id, ...values]);
      if (row) {
        await append?.(tx, [eventOf(verb, row)]);
        await witness?.(tx, row);
      }
      return row;
    });
    directory.forget();
    if (!changed) throw TenantError.wrongStatus(tenant.slug, (await get(id)).status, wanted);
    return changed;
  };
  const assertPlan = async (plan: string): Promise<void> => {
    const [known] = await database.query(PLAN, [plan]);
    if (!known) throw TenantError.unknownPlan(plan);
  };
  const get = async (id: string): Promise<Tenant> => {
    const [row] = isTenantId(id) ? await database.query<Tenant>(GET, [id]) : [];
    if (!row) throw TenantError.unknown(id);
    return row;
  };

  const create: Tenants['create'] = async ({ slug, name, plan = UNLIMITED, disposable = false, witness }) => {
    checkSlug(slug);
    await assertPlan(plan);
    const id = uuidv7();
    const tenant = await database.withTenant({ tenant: id }, async (tx) => {
      const [row] = await tx.query<Tenant>(CREATE, [id, slug, name.trim(), plan, disposable, now()]);
      if (!row) throw TenantError.slugTaken(slug);
      await append?.(tx, [eventOf('created', row)]);
      await witness?.(tx, row);
      return row;
    });
    directory.forget();
    await created?.(tenant);
    return tenant;
  };

  return {
    get,
    create,
    async ensure(input) {
      const known = await directory.bySlug(input.slug);
      if (known) return known;
      try {
        return await create(input);
      } catch (error) {
        // Somebody else made it a moment ago.
        directory.forget();
        const made = await directory.bySlug(input.slug);
        if (!made) throw error;
        return made;
      }
    },
    async list({ status, after, limit = PAGE.default } = {}) {
      const size = Math.min(Math.max(limit, 1), PAGE.max);
      const rows = await database.query<Tenant>(LIST, [status ?? null, after ?? null, size + 1]);
      const items = rows.slice(0, size);
      return { items, next: rows.length > size ? items.at(-1)?.id : undefined };
    },
    async update(id, { name, plan, slug }, expected, witness) {
      const tenant = await get(id);
      if (plan !== undefined) await assertPlan(plan);
      if (slug !== undefined) checkSlug(slug);
      const values = [id, name?.trim() ?? null, plan ?? null, now(), expected ?? null, slug ?? null];
      const changed = await database
        .withTenant({ tenant: tenant.id }, async (tx) => {
          const [row] = await tx.query<Tenant>(UPDATE, values);
          if (row) {
            await append?.(tx, [eventOf('updated', row)]);
            await witness?.(tx, row);
          }
          return row;
        })
        .catch((error: unknown) => {
          throw isUniqueViolation(error) ? TenantError.slugTaken(slug ?? '') : error;
        });
      directory.forget();
      if (!changed) throw TenantError.changed(id, expected ?? 0);
      return changed;
    },
    suspend: (id, reason, witness) => change(id, 'suspended', 'active', SUSPEND, [now(), reason], witness),
    resume: (id, witness) => change(id, 'resumed', 'suspended', RESUME, [now()], witness),
    remove: (id, graceMs = GRACE_MS, witness) =>
      change(id, 'deleted', 'active or suspended', REMOVE, [now(), new Date(clock.now() + graceMs)], witness),
    restore: (id, witness) => change(id, 'restored', 'deleted', RESTORE, [now()], witness),
  };
}

const eventOf = (verb: string, { id, slug, name, plan, status }: Tenant): TenantEvent => ({
  type: `core.tenant-${verb}@1`,
  source: 'core',
  payload: { id, slug, name, plan, status },
  key: id,
});

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505';
