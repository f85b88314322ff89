import { describe, expect, it } from 'vitest';
import { planAdmission, type InFlight, type Room, type WaitingJob } from './plan.ts';

const room: Room = {
  slots: 4,
  reserve: 1,
  ahead: 8,
  perTenant: Infinity,
  isShort: (name) => name === 'short',
  limitOf: (name) => (name === 'one' ? 1 : Infinity),
};
const jobs = (tenant: string, count: number, name = 'long', lane = ''): WaitingJob[] =>
  Array.from({ length: count }, (_, n) => ({
    tenant,
    lane,
    name,
    id: `${tenant}${n}`,
    queuedAs: '',
    priority: 0,
    requestId: null,
  }));
const plan = (
  lanes: readonly (readonly WaitingJob[])[],
  inFlight: readonly InFlight[] = [],
  change: Partial<Room> = {},
): string[] => planAdmission({ ...room, ...change }, inFlight, lanes).map(({ job, rank }) => `${job.id}:${rank}`);

describe('admission', () => {
  it('gives tenants one place each in turn', () => {
    expect(plan([jobs('a', 9), jobs('b', 1), jobs('c', 1)])).toEqual(['a0:0', 'b0:0', 'c0:0']);
    expect(plan([jobs('a', 9), jobs('b', 9)])).toEqual(['a0:0', 'b0:0', 'a1:1']);
  });

  it('keeps the last place for a tenant with nothing in flight', () => {
    expect(plan([jobs('a', 9)])).toEqual(['a0:0', 'a1:1', 'a2:2']);
    const full = [{ tenant: 'a', name: 'long', count: 3 }];
    expect(plan([jobs('a', 9)], full)).toEqual([]);
    expect(plan([jobs('a', 9), jobs('b', 2)], full)).toEqual(['b0:0']);
    expect(plan([jobs('c', 1)], [...full, { tenant: 'b', name: 'long', count: 1 }])).toEqual([]);
  });

  it('uses all places when there is one tenant only', () => {
    expect(plan([jobs('a', 9)], [], { reserve: 0 })).toEqual(['a0:0', 'a1:1', 'a2:2', 'a3:3']);
  });

  it('takes jobs ahead that are known to be short', () => {
    expect(plan([jobs('a', 20, 'short')])).toHaveLength(11);
    expect(plan([jobs('a', 20, 'short'), jobs('b', 5)])).toHaveLength(11);
  });

  it('runs no more of a bounded job than it says, and others beside it', () => {
    expect(plan([jobs('a', 5, 'one', 'one'), jobs('a', 5, 'short')])).toEqual(
      expect.arrayContaining(['a0:0', 'a0:1', 'a1:2']),
    );
    expect(plan([jobs('a', 5, 'one', 'one')])).toEqual(['a0:0']);
    expect(plan([jobs('a', 5, 'one', 'one')], [{ tenant: 'a', name: 'one', count: 1 }])).toEqual([]);
  });

  it('gives a tenant no more than it may have', () => {
    expect(plan([jobs('a', 9), jobs('b', 9)], [], { perTenant: 1 })).toEqual(['a0:0', 'b0:0']);
  });
});
