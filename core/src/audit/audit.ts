import { randomBytes } from 'node:crypto';
import { uuidv7 } from '@podlift/sdk';
import { systemClock, type Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { redact } from '../telemetry/index.ts';
import { currentAct } from './context.ts';
import type { AuditEntry, AuditFilter, AuditRecord } from './entry.ts';
import { filterValues, LIST_OPERATOR, LIST_TENANT, toRecord, type AuditRow } from './list.ts';
import { createRedaction, type Redaction } from './redaction.ts';

/**
 * Writes the row of an act inside the act's own transaction, once it is known what was done: so that neither is there
 * without the other.
 */
export type Witness<T = void> = (tx: Queryable, done: T) => Promise<unknown>;

/** The trail of who did what. Rows are added and never changed. */
export interface Audit extends Redaction {
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

const COLUMNS = 'id, actor_kind, actor_id, action, target, details, "time", via, ip, request_id, salt';
const VALUES = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12';
const INSERT_TENANT = `insert into core.audit (tenant_id, ${COLUMNS}) values (${VALUES})`;
const INSERT_OPERATOR = `insert into core.operator_audit (tenant, ${COLUMNS}) values (${VALUES})`;
const ONCE = `${INSERT_OPERATOR} on conflict do nothing`;
const SALT_BYTES = 16;

export function createAudit(database: Database, clock: Clock = systemClock): Audit {
  const write = async (tx: Queryable, entry: AuditEntry, values: readonly unknown[]): Promise<void> => {
    if (entry.tenant !== undefined) await tx.execute(INSERT_TENANT, values, 'audit.insert');
    if (entry.tenant === undefined || entry.operator)
      await (entry.id === undefined
        ? tx.execute(INSERT_OPERATOR, values, 'audit.insert_operator')
        : tx.execute(ONCE, values));
  };
  const record: Audit['record'] = async (tx, entry) => {
    const { tenant, actor, action, target, details = {} } = entry;
    const act = currentAct();
    const id = entry.id ?? uuidv7();
    const values = [
      tenant ?? null,
      id,
      actor.kind,
      actor.id,
      action,
      target,
      JSON.stringify(redact(details)),
      entry.time ?? new Date(clock.now()),
      entry.via ?? act?.via ?? 'system',
      act?.ip ?? null,
      act?.requestId ?? null,
      randomBytes(SALT_BYTES),
    ];
    if (tx) await write(tx, entry, values);
    else if (tenant !== undefined) await database.withTenant({ tenant }, (own) => write(own, entry, values));
    else await database.query(entry.id === undefined ? INSERT_OPERATOR : ONCE, values);
    if (act) act.recorded += 1;
    return id;
  };
  return {
    ...createRedaction(database, record),
    record,
    async list(tenant, filter = {}) {
      const rows = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<AuditRow>(LIST_TENANT, filterValues(tenant, filter)),
      );
      return rows.map(toRecord);
    },
    async listOperator({ tenant, ...filter } = {}) {
      const rows = await database.system('list acts of operators', (tx) =>
        tx.query<AuditRow>(LIST_OPERATOR, filterValues(tenant, filter)),
      );
      return rows.map(toRecord);
    },
  };
}
