import { PodliftError } from '@podlift/sdk';
import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

test('lets some in, queues the next in order, refuses more', async () => {
  const gate = createGate('acme.slow', 1, 2);
  const order: string[] = [];
  expect(gate.enter()).toBeUndefined();
  const second = Promise.resolve(gate.enter()).then(() => order.push('second'));
  const third = Promise.resolve(gate.enter()).then(() => order.push('third'));
  expect(() => gate.enter()).toThrow('acme.slow has 1 calls running and 2 waiting');
  gate.leave();
  await second;
  gate.leave();
  await third;
  gate.leave();
  expect(order).toEqual(['second', 'third']);
  expect([gate.inside, gate.waiting]).toEqual([0, 0]);
});

test('one that gives up in the queue takes no place', async () => {
  const gate = createGate('acme.slow', 1);
  expect(gate.enter()).toBeUndefined();
  let abort: (reason: PodliftError) => void = () => undefined;
  const waiting = gate.enter({ onAbort: (listener) => ((abort = listener), () => undefined) });
  abort(new PodliftError('aborted', 'the caller left'));
  await expect(waiting).rejects.toThrow('the caller left');
  gate.leave();
  expect([gate.inside, gate.waiting]).toEqual([0, 0]);
  expect(gate.enter()).toBeUndefined();
});
