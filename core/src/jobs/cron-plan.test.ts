import { describe, expect, it } from 'vitest';
import { offsetOf, pieceEnd, runId, spreadOf } from './cron-plan.ts';
import { pauseAfter } from './cron.ts';

const HOUR = 3_600_000;

describe('the plan of a cron', () => {
  it('spreads over half of the time to the next firing, at most half a week, or as the job says', async () => {
    const at = Date.UTC(2026, 0, 5, 3);
    expect(spreadOf(await pauseAfter('0 * * * *', at), undefined)).toBe(HOUR / 2);
    expect(spreadOf(await pauseAfter('0 3 * * *', at), undefined)).toBe(12 * HOUR);
    expect(spreadOf(await pauseAfter('0 3 * * 1', at), undefined)).toBe(84 * HOUR);
    expect(spreadOf(await pauseAfter({ everyMs: 1000 }, at), 0)).toBe(0);
  });

  it('knows what a clock change does to a day', async () => {
    const cron = { pattern: '0 3 * * *', tz: 'Europe/Berlin' };
    expect(await pauseAfter(cron, Date.parse('2026-03-28T02:00:00Z'))).toBe(23 * HOUR);
  });

  it('walks a round in pieces that meet and end with it', () => {
    for (const spread of [10, 45_000, 7 * 60_000, 12 * HOUR]) {
      let from = 0;
      for (let n = 0; from < spread; n++) {
        const end = pieceEnd('acme.feeds/refresh', spread, from);
        expect(end).toBeGreaterThan(from);
        expect(end - from).toBeLessThanOrEqual(30_000);
        from = end;
        expect(n).toBeLessThan(3000);
      }
      expect(from).toBe(spread);
    }
  });

  it('gives each tenant a moment of its own, the same every time, evenly', () => {
    const offsets = Array.from({ length: 10_000 }, (_, n) => offsetOf('acme.feeds/refresh', `tenant-${n}`, 1000));
    expect(offsets[7]).toBe(offsetOf('acme.feeds/refresh', 'tenant-7', 1000));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => offsets.filter((one) => Math.floor(one / 100) === tenth).length,
    );
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(Math.max(...offsets)).toBeLessThan(1000);
  });

  it('names the run of a firing once and for all', () => {
    const id = runId('acme.feeds/refresh', 'a', 1_764_014_400_000);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(runId('acme.feeds/refresh', 'a', 1_764_014_400_000)).toBe(id);
    expect(runId('acme.feeds/refresh', 'b', 1_764_014_400_000)).not.toBe(id);
  });
});
