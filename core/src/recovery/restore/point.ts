import { RecoveryErrors } from '../errors.ts';
import type { RestorePoint } from './recover.ts';

const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d)$/i;

/** Reads what `--to` says. A time without its zone is refused: it would be another moment on another machine. */
export function parsePoint(text: string | undefined): RestorePoint {
  if (text === undefined) return 'end';
  if (text === 'latest') return 'latest';
  const at = new Date(text.replace(' ', 'T'));
  if (!INSTANT.test(text) || Number.isNaN(at.getTime())) throw RecoveryErrors.timeUnreadable(text);
  return at;
}
