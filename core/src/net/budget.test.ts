import { describe, expect, test } from 'vitest';
import { createBudget } from './budget.ts';

const never = new AbortController().signal;
const settle = () => new Promise((go) => setTimeout(go, 0));

describe('a budget', () => {
  test('lets a tenant with one request pass one with a hundred, in turns', async () => {
    const budget = createBudget({ running: 2, perTenant: 2, waiting: 1000 });
    const order: string[] = [];
    const ask = async (tenant: string) => {
      const leave = await budget.enter('api.example', tenant, never);
      order.push(tenant);
      await settle();
      leave();
    };
    await Promise.all([...Array.from({ length: 100 }, () => ask('greedy')), ask('small'), ask('other')]);
    expect(order.indexOf('small')).toBeLessThan(6);
    expect(order.indexOf('other')).toBeLessThan(6);
    expect(order).toHaveLength(102);
  });

  test('leaves places of a host to others than the one who asks most', async () => {
    const budget = createBudget({ running: 4, perTenant: 2, waiting: 10 });
    const greedy = [1, 2, 3].map(() => budget.enter('h', 'greedy', never));
    const leaves = await Promise.all(greedy.slice(0, 2));
    const small = await budget.enter('h', 'small', never);
    let came = false;
    void greedy[2]?.then(() => (came = true));
    await settle();
    expect(came).toBe(false);
    leaves[0]?.();
    const third = await greedy[2];
    third?.();
    small();
    leaves[1]?.();
  });

  test('refuses who would wait too long, and forgets who gave up', async () => {
    const budget = createBudget({ running: 1, perTenant: 1, waiting: 1 });
    const first = await budget.enter('h', 'a', never);
    const stop = new AbortController();
    const second = budget.enter('h', 'a', stop.signal);
    await expect(budget.enter('h', 'a', never)).rejects.toMatchObject({ code: 'net.busy' });
    stop.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    const third = budget.enter('h', 'a', never);
    first();
    (await third)();
    (await budget.enter('h', 'a', never))();
  });
});
