import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPool, type Pool } from './pool.ts';

const turn = (subscriber: string, tenant: string, most = 4, quick = false) => ({ subscriber, tenant, most, quick });

/** A task that waits until it is released, and says when it began. */
function held(pool: Pool, subscriber: string, tenant: string, most?: number) {
  const gate = Promise.withResolvers<void>();
  let began = false;
  const done = pool.run(turn(subscriber, tenant, most), async () => {
    began = true;
    await gate.promise;
  });
  return { began: () => began, release: () => gate.resolve(), done };
}

describe('a pool', () => {
  it('runs so many at a time and goes on after a failure', async () => {
    const pool = createPool({ fast: 4, slow: 0 });
    let running = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        pool.run(turn(`s${n % 5}`, `t${n}`), async () => {
          most = Math.max(most, ++running);
          await sleep(1);
          running--;
          if (n === 3) throw new Error('one');
          return n;
        }),
      ),
    );
    expect(most).toBe(4);
    expect(results.filter(({ status }) => status === 'rejected').length).toBe(1);
    expect(results[29]).toEqual({ status: 'fulfilled', value: 29 });
  });

  it('gives a subscriber no more places than it may have', async () => {
    const pool = createPool({ fast: 8, slow: 8, slowAfterMs: 10_000 });
    const all = ['a', 'b', 'c'].map((tenant) => held(pool, 's', tenant, 2));
    await sleep(5);
    expect(all.map((one) => one.began())).toEqual([true, true, false]);
    for (const one of all) one.release();
    await Promise.all(all.map((one) => one.done));
  });

  it('moves aside what takes long, so that others of the same subscriber go on', async () => {
    const pool = createPool({ fast: 4, slow: 2, slowAfterMs: 20 });
    const slow = ['a', 'b'].map((tenant) => held(pool, 's', tenant, 2));
    const quick = held(pool, 's', 'c', 2);
    await expect.poll(quick.began, { interval: 2 }).toBe(true);
    // Its share of the slow places is taken.
    const more = [held(pool, 's', 'd', 2), held(pool, 's', 'e', 2)];
    await sleep(60);
    expect(more.map((one) => one.began())).toEqual([true, false]);
    for (const one of [...slow, quick, ...more]) one.release();
    await Promise.all([...slow, quick, ...more].map((one) => one.done));
  });

  it('keeps places free for others, whoever asks for all of them', async () => {
    const pool = createPool({ fast: 8, slow: 0, perTenant: 2 });
    const greedy = Array.from({ length: 20 }, (_, n) => held(pool, `s${n}`, 'big'));
    await sleep(2);
    expect(greedy.filter((one) => one.began()).length).toBe(6);
    const others = [held(pool, 's', 'small'), held(pool, 's', 'tiny')];
    await sleep(2);
    expect(others.map((one) => one.began())).toEqual([true, true]);
    for (const one of [...greedy, ...others]) one.release();
    await Promise.all([...greedy, ...others].map((one) => one.done));
  });

  it('lets little work pass long work, and long work is not forgotten', async () => {
    const pool = createPool({ fast: 1, slow: 0 });
    const order: string[] = [];
    const first = held(pool, 's', 'first');
    const work = [
      ...['l1', 'l2', 'l3'].map((name) => pool.run(turn('s', name), async () => void order.push(name))),
      ...Array.from({ length: 6 }, (_, n) =>
        pool.run(turn('s', `q${n}`, 4, true), async () => void order.push(`q${n}`)),
      ),
    ];
    first.release();
    await Promise.all([first.done, ...work]);
    expect(order.slice(0, 2)).toEqual(['q0', 'q1']);
    expect(order.indexOf('l1')).toBeLessThan(6);
    expect(order.length).toBe(9);
  });

  it('lets subscribers take turns', async () => {
    const pool = createPool({ fast: 1, slow: 0 });
    const order: string[] = [];
    const first = held(pool, 'x', 'first');
    const work = ['a', 'a', 'a', 'b', 'c'].map((subscriber, n) =>
      pool.run(turn(subscriber, `t${n}`), async () => void order.push(subscriber)),
    );
    first.release();
    await Promise.all([first.done, ...work]);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'a']);
  });
});
