import { HttpErrors } from './errors.ts';

/** Ends with a problem when `run` has not ended in time. What it still does then is not waited for. */
export async function withDeadline(ms: number, run: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(HttpErrors.timeout(ms)), ms);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
