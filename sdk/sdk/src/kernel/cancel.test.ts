import { expect, test, vi } from 'vitest';
import { PodliftError } from '../errors.ts';
import { Cancel, settle } from './cancel.ts';

const gone = new PodliftError('aborted', 'gone');

test('the first reason counts, for listeners and for the signal', () => {
  const cancel = new Cancel();
  const early = vi.fn<(reason: PodliftError) => void>();
  const left = vi.fn<(reason: PodliftError) => void>();
  cancel.onAbort(early);
  cancel.onAbort(left)();
  cancel.abort(gone);
  cancel.abort(new PodliftError('aborted', 'again'));
  const late = vi.fn<(reason: PodliftError) => void>();
  cancel.onAbort(late);
  expect(early).toHaveBeenCalledExactlyOnceWith(gone);
  expect(late).toHaveBeenCalledExactlyOnceWith(gone);
  expect(left).not.toHaveBeenCalled();
  expect(cancel.signal.reason).toBe(gone);
});

test('follows a signal, also one that has fired', () => {
  const controller = new AbortController();
  const cancel = Cancel.from(controller.signal);
  controller.abort('why');
  expect(cancel?.reason).toMatchObject({ code: 'aborted', cause: 'why' });
  expect(Cancel.from(controller.signal)?.reason).toMatchObject({ code: 'aborted' });
  expect(Cancel.from(undefined)).toBeUndefined();
});

test('settle rejects at once, whether or not the work notices', async () => {
  const cancel = new Cancel();
  const never = settle(new Promise(() => undefined), cancel);
  cancel.abort(gone);
  await expect(never).rejects.toBe(gone);
  await expect(settle(Promise.resolve(1), new Cancel())).resolves.toBe(1);
  const failed = new Error('own');
  await expect(settle(Promise.reject(failed), new Cancel())).rejects.toBe(failed);
});
