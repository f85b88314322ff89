import type { Database, Queryable } from '../data/index.ts';
import type { AuditActor, AuditEntry } from './entry.ts';

/** Which acts lose what they tell about a person. */
export interface RedactionChoice {
  readonly ids?: readonly string[];
  /** Acts of this actor: their address, and what they did it with. */
  readonly actor?: string;
  /** Acts whose target, or a value of whose details, holds one of these words as a whole, an e-mail address for example. */
  readonly mentions?: readonly string[];
}

/** How acts stay and what they told is gone. */
export interface Redaction {
  /**
   * Takes details and address out of acts. A digest of them stays, so that the chain still verifies; the salt goes, so that nobody
   * can guess back. Who acted, on what and when stays. The redaction is an act itself. Without a tenant: acts of the installation.
   * @returns how many acts lost something.
   */
  redact(
    tenant: string | null,
    choice: RedactionChoice,
    by: { readonly actor: AuditActor; readonly reason: string },
  ): Promise<number>;
}

const PLAIN = `redacted_at is null and (id = any($2::uuid[]) or actor_id = $3 or exists (select from unnest($4::text[]) w where lower(target) ~ w
  or exists (select from jsonb_path_query(details, 'strict $.**') v where jsonb_typeof(v) in ('string', 'number') and lower(v #>> '{}') ~ w)))`;
const FIND_TENANT = `select id from core.audit where tenant_id = $1 and ${PLAIN}`;
const FIND_OPERATOR = `select id from core.operator_audit where ($1::uuid is null or tenant = $1) and ${PLAIN}`;
const REDACT = 'select core.redact_audit($1, $2::uuid[]) as redacted';
/** The chain of the installation, where a tenant's id would stand. */
export const INSTALLATION = '00000000-0000-0000-0000-000000000000';

export function createRedaction(
  database: Database,
  record: (tx: Queryable, entry: AuditEntry) => Promise<unknown>,
): Redaction {
  return {
    redact: (tenant, { ids = [], actor, mentions = [] }, { actor: by, reason }) =>
      database.system('redact acts', async (tx) => {
        const words = mentions.filter((word) => word !== '').map(toPattern);
        const values = [tenant, [...ids], actor ?? null, words];
        // What operators did with a tenant is not the tenant's to empty, whomever it names.
        const ofOthers = [tenant, [...ids], tenant === null ? (actor ?? null) : null, words];
        const own = tenant === null ? [] : await tx.query<{ id: string }>(FIND_TENANT, values);
        const shared = await tx.query<{ id: string }>(FIND_OPERATOR, ofOthers);
        let redacted = 0;
        for (const [chain, rows] of [
          [tenant, own],
          [INSTALLATION, shared],
        ] as const) {
          if (rows.length === 0) continue;
          const [row] = await tx.query<{ redacted: number }>(REDACT, [chain, rows.map(({ id }) => id)]);
          redacted += row?.redacted ?? 0;
        }
        if (redacted > 0)
          await record(tx, {
            ...(tenant === null ? {} : { tenant, operator: true }),
            actor: by,
            action: 'audit.redacted',
            target: tenant === null ? 'audit:installation' : `audit:${tenant}`,
            details: { acts: redacted, reason },
          });
        return redacted;
      }),
  };
}

/** The word as such: not a part of another one, and nothing that PostgreSQL reads as a pattern. */
const toPattern = (word: string): string =>
  `(^|[^[:alnum:]])${word.toLowerCase().replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)}($|[^[:alnum:]])`;
