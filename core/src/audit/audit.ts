import { uuidv7 } from '@podlift/sdk';
import { systemClock, type Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { redact } from '../telemetry/index.ts';

/** Who acted: a user, an API key, or the host itself. */
export interface AuditActor {
  readonly kind: string;
  readonly id: string;
}

/** An act worth keeping. */
export interface AuditEntry {
  /** Whose data or settings it touched. Without a tenant it is an act of the operator or of the installation. */
  readonly tenant?: string;
  /** The operator did it to a tenant: both see it. */
  readonly operator?: boolean;
  readonly actor: AuditActor;
  /** `<subject>.<what happened>`: `tenant.suspended`, `plugin.enabled`. */
  readonly action: string;
  /** What was acted on, `tenant:<id>`, `plugin:podlift.tracking`. */
  readonly target: string;
  /** Plain JSON; fields with the name of a secret are masked. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An act as it was kept. */
export interface AuditRecord {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly actor: AuditActor;
  readonly action: string;
  readonly target: string;
  readonly details: unknown;
  readonly time: Date;
}

export interface AuditFilter {
  readonly action?: string;
  readonly target?: string;
  /** The id of the last one seen. */
  readonly after?: string;
  /** 50 when absent. */
  readonly limit?: number;
}

/** The trail of who did what. Rows are added and never changed. */
export interface Audit {
  /**
   * Keeps an act: in the given transaction, so that it is kept if and only if the act happens, or in one of its own.
   * @returns its id.
   */
  record(tx: Queryable | null, entry: AuditEntry): Promise<string>;
  /** A tenant's acts, newest first. */
  list(tenant: string, filter?: AuditFilter): Promise<AuditRecord[]>;
  /** Acts of operators and of the installation, newest first. Only for operators. */
  listOperator(filter?: AuditFilter & { readonly tenant?: string }): Promise<AuditRecord[]>;
}

const INSERT_TENANT = `
insert into core.audit (tenant_id, id, actor_kind, actor_id, action, target, details, "time") values ($1, $2, $3, $4, $5, $6, $7, $8)`;

const INSERT_OPERATOR = `
insert into core.operator_audit (tenant, id, actor_kind, actor_id, action, target, details, "time") values ($1, $2, $3, $4, $5, $6, $7, $8)`;

const FILTER = `($2::text is null or action = $2) and ($3::text is null or target = $3) and ($4::uuid is null or id < $4)
order by id desc limit $5`;

const LIST_TENANT = `
select id, tenant_id as tenant, actor_kind, actor_id, action, target, details, "time" from core.audit where tenant_id = $1 and ${FILTER}`;

const LIST_OPERATOR = `
select id, tenant, actor_kind, actor_id, action, target, details, "time" from core.operator_audit
where ($1::uuid is null or tenant = $1) and ${FILTER}`;

interface Row {
  readonly id: string;
  readonly tenant: string | null;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target: string;
  readonly details: unknown;
  readonly time: Date;
}

export function createAudit(database: Database, clock: Clock = systemClock): Audit {
  const write = async (tx: Queryable, entry: AuditEntry, values: readonly unknown[]): Promise<void> => {
    if (entry.tenant !== undefined) await tx.execute(INSERT_TENANT, values);
    if (entry.tenant === undefined || entry.operator) await tx.execute(INSERT_OPERATOR, values);
  };
  return {
    async record(tx, entry) {
      const { tenant, actor, action, target, details = {} } = entry;
      const id = uuidv7();
      const json = JSON.stringify(redact(details));
      const values = [tenant ?? null, id, actor.kind, actor.id, action, target, json, new Date(clock.now())];
      if (tx) await write(tx, entry, values);
      else if (tenant !== undefined) await database.withTenant({ tenant }, (own) => write(own, entry, values));
      else await database.query(INSERT_OPERATOR, values);
      return id;
    },
    async list(tenant, filter = {}) {
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<Row>(LIST_TENANT, valuesOf(tenant, filter)),
      );
      return rows.map(toRecord);
    },
    async listOperator({ tenant, ...filter } = {}) {
      const rows = await database.system('list acts of operators', (tx) =>
        tx.query<Row>(LIST_OPERATOR, valuesOf(tenant, filter)),
      );
      return rows.map(toRecord);
    },
  };
}

const valuesOf = (tenant: string | undefined, { action, target, after, limit = 50 }: AuditFilter): unknown[] => [
  tenant ?? null,
  action ?? null,
  target ?? null,
  after ?? null,
  limit,
];

const toRecord = (row: Row): AuditRecord => ({
  id: row.id,
  tenant: row.tenant ?? undefined,
  actor: { kind: row.actor_kind, id: row.actor_id },
  action: row.action,
  target: row.target,
  details: row.details,
  time: row.time,
});
