import type { Database, Queryable } from '../../data/index.ts';
import type { QueueName } from '../limits.ts';
import { planAdmission, type Admitted, type Room, type WaitingJob } from './plan.ts';
import { lockQueue, markAdmitted, markServed, readInFlight, readLanes, readWaiting, type Lane } from './rows.ts';

/** Lanes that are looked at in one round. */
const MOST_LANES = 200;

/**
 * One round of admission: marks the jobs that may go into the queue now. One node at a time; what it marked is committed
 * before it is queued, so that a node that dies in between leaves rows that are queued again.
 */
export function admit(database: Database, queue: QueueName, room: Room, now: number): Promise<Admitted[]> {
  return database.system('admit jobs', (tx) => admitIn(tx, queue, room, new Date(now)));
}

async function admitIn(tx: Queryable, queue: QueueName, room: Room, now: Date): Promise<Admitted[]> {
  await lockQueue(tx, queue);
  const inFlight = await readInFlight(tx, queue);
  const total = inFlight.reduce((sum, { count }) => sum + count, 0);
  const free = room.slots + room.ahead - total;
  if (free <= 0) return [];
  const lanes = await readLanes(tx, queue, now, fullLanes(inFlight, room), MOST_LANES);
  if (lanes.length === 0) return [];
  // Two for each place: those of a lane that may not go yet leave theirs to others.
  const most = Math.max(1, Math.ceil((2 * free) / lanes.length));
  const waiting = await readWaiting(tx, queue, now, lanes, most);
  const byLane = Map.groupBy(waiting, laneKey);
  const planned = planAdmission(
    room,
    inFlight,
    lanes.map((lane) => byLane.get(laneKey(lane)) ?? []),
  );
  const marked =
    planned.length > 0
      ? await markAdmitted(
          tx,
          planned.map(({ job }) => job),
          now,
        )
      : new Set<string>();
  const admitted = planned.filter(({ job }) => marked.has(job.id));
  const taken = Map.groupBy(admitted, ({ job }) => laneKey(job));
  const touched = lanes.flatMap((lane) => {
    const found = byLane.get(laneKey(lane)) ?? [];
    const served = taken.get(laneKey(lane))?.length ?? 0;
    // Everything that was due was read, and all of it goes.
    const emptied = found.length < most && served === found.length;
    return served > 0 || emptied ? [{ ...lane, served: served > 0, emptied }] : [];
  });
  if (touched.length > 0) await markServed(tx, queue, touched, now);
  return admitted;
}

const laneKey = ({ tenant, lane }: Lane | WaitingJob): string => `${tenant} ${lane}`;

/** Lanes of bounded jobs that have as many in flight as they may: looking at them would find nothing. */
const fullLanes = (inFlight: Parameters<typeof planAdmission>[1], { limitOf, perTenant }: Room): Lane[] =>
  inFlight.flatMap(({ tenant, name, count }) => [
    ...(count >= limitOf(name) ? [{ tenant, lane: name }] : []),
    ...(count >= perTenant ? [{ tenant, lane: '' }] : []),
  ]);
