import { expect, test } from 'vitest';
import { createHealth } from './index.ts';

test('an installation without checks is well', async () => {
  expect(await createHealth().report()).toEqual({ status: 'ok', checks: {} });
});

test('each check tells its reason', async () => {
  const health = createHealth();
  health.add('database', () => ({ ok: true }));
  health.add('disk', () => ({ ok: false, reason: 'Only 2 MB are left.' }));
  health.add('queue', () => Promise.reject(new Error('connection refused')));
  health.add('silent', () => undefined);
  const { status, checks } = await health.report();
  expect(status).toBe('failing');
  expect(checks).toMatchObject({
    database: { status: 'ok' },
    disk: { status: 'failing', reason: 'Only 2 MB are left.' },
    queue: { status: 'failing', reason: 'connection refused' },
    silent: { status: 'ok' },
  });
});

test('a part that is not required only degrades', async () => {
  const health = createHealth();
  const remove = health.add('plugin', () => ({ ok: false, reason: 'It crashed.' }), { required: false });
  expect((await health.report()).status).toBe('degraded');
  remove();
  expect((await health.report()).status).toBe('ok');
});

test('a check that hangs is cut off and told to stop', async () => {
  const health = createHealth();
  let stopped = false;
  const hang = (signal: AbortSignal) =>
    new Promise<undefined>(() => signal.addEventListener('abort', () => (stopped = true)));
  health.add('slow', hang, { timeoutMs: 10 });
  expect((await health.report()).checks['slow']?.reason).toBe('No answer within 10 ms.');
  expect(stopped).toBe(true);
});

test('a process that leaves is not ready', async () => {
  const health = createHealth();
  health.leave();
  expect((await health.report()).status).toBe('failing');
});
