import { z } from 'zod';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { Audit } from './audit.ts';
import { INSTALLATION } from './redaction.ts';

/** Under this name a tenant's settings say how long its trail is kept. */
export const AUDIT_SETTINGS = 'core.audit';
const THREE_YEARS = 1095;
const DAY_MS = 86_400_000;

/** What a tenant may decide about its trail; less than the installation asks for it may not. */
export const auditSettingsSchema = (minDays: number) =>
  z.strictObject({
    retentionDays: z
      .int()
      .min(minDays, `This installation keeps audit trails at least ${minDays} days.`)
      .max(36_500)
      .default(Math.max(minDays, THREE_YEARS))
      .describe('How many days acts are kept.'),
  });

/** How old acts go. */
export interface AuditRetention {
  /** Removes the oldest acts of a chain that are past its time, and leaves a checkpoint that the rest verifies against. Returns how many. */
  retire(chain: string): Promise<number>;
  /** Every chain; one that fails keeps nobody else. */
  retireAll(): Promise<number>;
}

export interface AuditRetentionDeps {
  readonly database: Pick<Database, 'system'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
  readonly log: { error(fields: object, message: string): void };
  /** How long a tenant keeps its trail. */
  readonly daysOf: (tenant: string) => Promise<number>;
  /** How long the installation keeps its own. */
  readonly ownDays: number;
}

const CHAINS = 'select tenant_id::text as chain from core.audit_head order by 1';
const RETIRE = 'select removed, until from core.retire_audit($1, $2)';

export function createAuditRetention(deps: AuditRetentionDeps): AuditRetention {
  const { database, audit, clock, log, daysOf, ownDays } = deps;

  const retire: AuditRetention['retire'] = async (chain) => {
    const own = chain === INSTALLATION;
    const days = own ? ownDays : await daysOf(chain);
    return database.system('retire acts', async (tx) => {
      const before = new Date(clock.now() - days * DAY_MS);
      const [row] = await tx.query<{ removed: number; until: number }>(RETIRE, [chain, before]);
      if (!row?.removed) return 0;
      await audit.record(tx, {
        ...(own ? {} : { tenant: chain, operator: true }),
        actor: { kind: 'system', id: 'core' },
        action: 'audit.retired',
        target: own ? 'audit:installation' : `audit:${chain}`,
        details: { acts: row.removed, until: row.until, olderThanDays: days },
      });
      return row.removed;
    });
  };

  return {
    retire,
    async retireAll() {
      const chains = await database.system('list chains of acts', (tx) => tx.query<{ chain: string }>(CHAINS));
      let removed = 0;
      for (const { chain } of chains)
        try {
          removed += await retire(chain);
        } catch (error) {
          log.error({ err: error, chain }, 'The oldest acts of a chain could not be removed; it is tried again');
        }
      return removed;
    },
  };
}
