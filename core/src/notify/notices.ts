import type { Tx } from '../data/index.ts';
import { CORE_KINDS } from './core-kinds.ts';
import { requestNotification } from './request.ts';

/** A job that nobody will run again by itself. */
export interface DeadJob {
  readonly id: string;
  readonly name: string;
  readonly attempts: number;
  readonly reason: string;
}

/** Tells those who may retry jobs, once a day per job: a cron that fails each minute is one message. */
export function tellJobDead(tx: Tx, { id, name, attempts, reason }: DeadJob, now: number): Promise<string | undefined> {
  // A failed delivery of messages must not cause messages.
  if (name.startsWith('core/notify-')) return Promise.resolve(undefined);
  return requestNotification(
    tx,
    {
      kind: CORE_KINDS.jobDead,
      to: { permission: 'jobs:manage' },
      data: { id, job: name, attempts, reason: reason.slice(0, 1000) },
      key: `${name}:${new Date(now).toISOString().slice(0, 10)}`,
    },
    now,
  );
}

/** How much of a quota is used. */
export interface QuotaState {
  readonly quota: string;
  readonly used: number;
  readonly limit: number;
  /** What this counts in: the month of a monthly quota; one message per period and threshold. */
  readonly period: string;
}

/** Shares of a quota at which people are told, in percent. */
const THRESHOLDS = [100, 80] as const;

/** Tells those who see the plan that a quota is used up, or nearly. Asked at every change, it tells once per threshold. */
export async function tellQuota(
  tx: Tx,
  { quota, used, limit, period }: QuotaState,
  now: number,
): Promise<string | undefined> {
  const percent = THRESHOLDS.find((share) => limit > 0 && used * 100 >= limit * share);
  if (percent === undefined) return undefined;
  return requestNotification(
    tx,
    {
      kind: CORE_KINDS.quotaNear,
      to: { permission: 'billing:read' },
      data: { quota, used, limit, percent },
      key: `${quota}:${percent}:${period}`,
    },
    now,
  );
}
