import { HttpErrors } from './errors.ts';

/** Ends with a problem when `run` has not ended in time. What it still does then is not waited for. */
export function withDeadline(ms: number, run: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(HttpErrors.timeout(ms)), ms);
    run()
      .finally(() => clearTimeout(timer))
      .then(resolve, reject);
  });
}
