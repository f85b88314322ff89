import { expect, test } from 'vitest';
import { continueTrace, formatTraceparent } from './index.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('goes on with the trace it is given', () => {
  const trace = continueTrace(PARENT);
  expect(trace).toMatchObject({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    parentId: '00f067aa0ba902b7',
    sampled: true,
  });
  expect(formatTraceparent(trace)).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${trace.spanId}-01`);
  expect(trace.spanId).not.toBe('00f067aa0ba902b7');
});

test('keeps the decision not to sample, and reads later versions', () => {
  expect(continueTrace(PARENT.replace(/01$/, '00')).sampled).toBe(false);
  expect(continueTrace(PARENT.replace(/^00/, 'cc') + '-more').parentId).toBe('00f067aa0ba902b7');
});

test.each([
  undefined,
  '',
  'nonsense',
  PARENT.replace(/^00/, 'ff'),
  PARENT.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
  PARENT.replace('00f067aa0ba902b7', '0'.repeat(16)),
  PARENT.toUpperCase(),
])('starts its own trace for %j', (header) => {
  const trace = continueTrace(header);
  expect(trace.parentId).toBeUndefined();
  expect(trace.traceId).toMatch(/^[\da-f]{32}$/);
});

test('never gives the same id twice', () => {
  const ids = new Set(Array.from({ length: 2000 }, () => continueTrace().spanId));
  expect(ids.size).toBe(2000);
});
