/** Jobs that were admitted and have not ended. */
export interface InFlight {
  readonly tenant: string;
  readonly name: string;
  readonly count: number;
}

/** A job that waits, as admission sees it. */
export interface WaitingJob {
  readonly tenant: string;
  readonly lane: string;
  readonly id: string;
  readonly name: string;
  readonly queuedAs: string;
  readonly priority: number;
  readonly requestId: string | null;
}

/** What a queue can take. */
export interface Room {
  /** Jobs that all nodes together work on at a time. */
  readonly slots: number;
  /** Slots that take only tenants with nothing in flight, so that a newcomer waits for nobody's second job. */
  readonly reserve: number;
  /** Short jobs that may be admitted beyond the slots, so that no worker waits for the next one. */
  readonly ahead: number;
  /** A tenant's jobs in flight. */
  readonly perTenant: number;
  /** Whether jobs of this name are known to be short. */
  readonly isShort: (name: string) => boolean;
  /** How many of a bounded job may run for a tenant at a time. */
  readonly limitOf: (name: string) => number;
}

/** A job that goes into the queue. */
export interface Admitted {
  readonly job: WaitingJob;
  /** How many of its tenant were in flight before it: those with fewer go first. */
  readonly rank: number;
}

/**
 * Chooses which jobs go into the queue: one of each tenant in turn, in the given order, which is that of who was served
 * the longest ago, until the queue has taken what it can. Within a lane the order of its jobs is kept.
 */
export function planAdmission(
  room: Room,
  inFlight: readonly InFlight[],
  lanes: readonly (readonly WaitingJob[])[],
): Admitted[] {
  const perTenant = new Map<string, number>();
  const perName = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string, by: number): void => {
    counts.set(key, (counts.get(key) ?? 0) + by);
  };
  let total = 0;
  let long = 0;
  const count = (tenant: string, name: string, by: number): void => {
    add(perTenant, tenant, by);
    add(perName, `${tenant} ${name}`, by);
    total += by;
    if (!room.isShort(name)) long += by;
  };
  for (const { tenant, name, count: by } of inFlight) count(tenant, name, by);

  const fits = ({ tenant, lane, name }: WaitingJob, rank: number): boolean => {
    if (rank >= room.perTenant) return false;
    if (lane !== '' && (perName.get(`${tenant} ${name}`) ?? 0) >= room.limitOf(name)) return false;
    const kept = rank > 0 ? room.reserve : 0;
    return room.isShort(name) ? total < room.slots + room.ahead - kept : long < room.slots - kept;
  };

  const admitted: Admitted[] = [];
  let open = lanes.map((jobs) => ({ jobs, next: 0 }));
  while (open.length > 0) {
    const served = new Set<string>();
    open = open.filter((lane) => {
      const job = lane.jobs[lane.next];
      if (!job) return false;
      // Another lane of the same tenant had this turn.
      if (served.has(job.tenant)) return true;
      const rank = perTenant.get(job.tenant) ?? 0;
      if (!fits(job, rank)) return false;
      served.add(job.tenant);
      lane.next++;
      count(job.tenant, job.name, 1);
      admitted.push({ job, rank });
      return true;
    });
  }
  return admitted;
}
