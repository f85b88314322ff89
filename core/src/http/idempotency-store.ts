import type { Clock } from '../config/index.ts';
import type { CoreMigration, Database, Queryable } from '../data/index.ts';

/** What a key counts for. */
export interface IdempotencyScope {
  readonly tenant: string;
  readonly actor: string;
  readonly route: string;
  readonly key: string;
}

/** An answer that can be given again. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

type Begun =
  | { readonly kind: 'fresh'; readonly startedAt: Date }
  | { readonly kind: 'replay'; readonly response: StoredResponse }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'reused' };

/** Remembers requests and their answers. */
export interface IdempotencyStore {
  begin(scope: IdempotencyScope, fingerprint: string): Promise<Begun>;
  finish(scope: IdempotencyScope, response: StoredResponse): Promise<void>;
  /**
   * The same in the transaction of what was done, so that neither is there without the other. Returns false when the key
   * was taken over meanwhile: then this attempt must come to nothing.
   */
  settle(tx: Queryable, scope: IdempotencyScope, startedAt: Date, response: StoredResponse): Promise<boolean>;
  abandon(scope: IdempotencyScope): Promise<void>;
  /** Deletes what is older than the retention, in all tenants; returns how many. */
  prune(): Promise<number>;
}

/** Answers are kept for a day, as the reference promises. */
export const IDEMPOTENCY_RETENTION_MS = 24 * 3600 * 1000;
/** A process that died leaves a key locked for this long. */
const LOCK_MS = 60_000;

export const migrations: readonly CoreMigration[] = [
  {
    name: 'http/0001_idempotency',
    up: (schema) =>
      schema.tenantTable({
        name: 'idempotency',
        columns: {
          actor: 'text not null',
          route: 'text not null',
          key: 'text not null',
          fingerprint: 'text not null',
          started_at: 'timestamptz not null',
          locked_until: 'timestamptz',
          status: 'integer',
          headers: 'jsonb',
          body: 'bytea',
        },
        primaryKey: ['actor', 'route', 'key'],
        indexes: [['started_at']],
        privacy: {
          actor: {
            category: 'pseudonymous',
            subject: 'user',
            purpose: 'repeat a request safely',
            retentionDays: 1,
            erasure: 'delete',
          },
          route: 'none',
          key: 'none',
          fingerprint: 'none',
          started_at: 'none',
          locked_until: 'none',
          status: 'none',
          headers: 'none',
          body: {
            category: 'personal',
            subject: 'user',
            purpose: 'repeat a request safely',
            retentionDays: 1,
            erasure: 'delete',
          },
        },
      }),
  },
];

// A row whose lock has ended, or that is past its day, is taken over; the update happens only then.
const BEGIN = `
  insert into core.idempotency as i (tenant_id, actor, route, key, fingerprint, started_at, locked_until)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (tenant_id, actor, route, key) do update
    set fingerprint = excluded.fingerprint, started_at = excluded.started_at, locked_until = excluded.locked_until,
        status = null, headers = null, body = null
    where (i.status is null and i.locked_until <= excluded.started_at) or i.started_at <= $8
  returning 1`;
const LOOK = `
  select fingerprint, status, headers, body from core.idempotency
  where tenant_id = $1 and actor = $2 and route = $3 and key = $4`;
const FINISH = `
  update core.idempotency set status = $5, headers = $6, body = $7, locked_until = null
  where tenant_id = $1 and actor = $2 and route = $3 and key = $4 and status is null`;
const SETTLE = `${FINISH} and started_at = $8`;
const ABANDON = `
  delete from core.idempotency
  where tenant_id = $1 and actor = $2 and route = $3 and key = $4 and status is null`;
const PRUNE = `delete from core.idempotency where started_at <= $1`;

interface Stored {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly headers: Record<string, string> | null;
  readonly body: Uint8Array | null;
}

const keysOf = ({ tenant, actor, route, key }: IdempotencyScope): string[] => [tenant, actor, route, key];

export function createIdempotencyStore(
  database: Pick<Database, 'withTenant' | 'system'>,
  clock: Clock,
): IdempotencyStore {
  return {
    begin: (scope, fingerprint) =>
      database.withTenant({ tenant: scope.tenant }, async (tx) => {
        const now = clock.now();
        const times = [now, now + LOCK_MS, now - IDEMPOTENCY_RETENTION_MS].map((ms) => new Date(ms));
        const fresh = await tx.query(BEGIN, [...keysOf(scope), fingerprint, ...times], 'idempotency_begin');
        if (fresh.length > 0) return { kind: 'fresh', startedAt: new Date(now) };
        const [stored] = await tx.query<Stored>(LOOK, keysOf(scope), 'idempotency_look');
        if (!stored) return { kind: 'in-flight' };
        if (stored.fingerprint !== fingerprint) return { kind: 'reused' };
        if (stored.status === null) return { kind: 'in-flight' };
        const { status, headers, body } = stored;
        return { kind: 'replay', response: { status, headers: headers ?? {}, body: body ?? new Uint8Array() } };
      }),
    finish: (scope, { status, headers, body }) =>
      database.withTenant({ tenant: scope.tenant }, async (tx) => {
        await tx.execute(FINISH, [...keysOf(scope), status, JSON.stringify(headers), Buffer.from(body)]);
      }),
    settle: async (tx, scope, startedAt, { status, headers, body }) =>
      (await tx.execute(SETTLE, [...keysOf(scope), status, JSON.stringify(headers), Buffer.from(body), startedAt])) ===
      1,
    abandon: (scope) =>
      database.withTenant({ tenant: scope.tenant }, async (tx) => {
        await tx.execute(ABANDON, keysOf(scope));
      }),
    prune: () =>
      database.system('prune idempotency keys', (tx) =>
        tx.execute(PRUNE, [new Date(clock.now() - IDEMPOTENCY_RETENTION_MS)]),
      ),
  };
}
