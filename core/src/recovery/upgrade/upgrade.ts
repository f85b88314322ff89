import type { Log } from '../../telemetry/index.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { UpgradePlan } from './plan.ts';

/** What an upgrade is made of; the command line and tests give the parts. */
export interface UpgradeSteps {
  plan(): Promise<UpgradePlan>;
  /** Undefined where the database is not ours. */
  readonly backUp: (() => Promise<Manifest>) | undefined;
  /** Brings the schemas up to date, loads the plugins, asks for health. Returns what was applied. @throws when anything failed. */
  migrate(): Promise<{
    readonly applied: readonly string[];
    readonly degraded: readonly { id: string; reason?: string | undefined }[];
  }>;
  /** Puts the backup back. */
  restore(backup: Manifest): Promise<void>;
  readonly log: Log;
  readonly step?: (name: string) => void | Promise<void>;
}

/** How an upgrade ended. */
export interface Upgraded {
  readonly outcome: 'nothing to do' | 'upgraded' | 'failed' | 'rolled back';
  readonly plan: UpgradePlan;
  readonly backup: string | undefined;
  readonly applied: readonly string[];
  readonly degraded: readonly { id: string; reason?: string | undefined }[];
  readonly reason: string | undefined;
}

/**
 * Backs up, migrates, looks. Migrations of one owner are one transaction each, so a crash between any two steps leaves a database that
 * the old version can use (they only expand) and that the next try goes on with.
 */
export async function upgrade(steps: UpgradeSteps, { rollback }: { readonly rollback: boolean }): Promise<Upgraded> {
  const step = steps.step ?? (() => undefined);
  const plan = await steps.plan();
  const nothing = { plan, backup: undefined, applied: [], degraded: [], reason: undefined };
  if (plan.pending.length === 0 && plan.from === plan.to) return { ...nothing, outcome: 'nothing to do' };
  await step('planned');
  const backup = await steps.backUp?.();
  await step('backed up');
  try {
    const { applied, degraded } = await steps.migrate();
    await step('migrated');
    return { plan, backup: backup?.id, applied, degraded, reason: undefined, outcome: 'upgraded' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    steps.log.error({ err: error }, 'the upgrade failed');
    if (!rollback || !backup) return { plan, backup: backup?.id, applied: [], degraded: [], reason, outcome: 'failed' };
    await step('failed');
    await steps.restore(backup);
    return { plan, backup: backup.id, applied: [], degraded: [], reason, outcome: 'rolled back' };
  }
}
