import { PodliftError, type ErrorKind } from '@podlift/sdk';

export type JobErrorCode =
  | 'jobs.unknown'
  | 'jobs.taken'
  | 'jobs.missing'
  | 'jobs.lost'
  | 'jobs.cancelled'
  | 'jobs.timeout'
  | 'jobs.stopped'
  | 'jobs.crashed'
  | 'jobs.data_too_large'
  | 'jobs.not_drained'
  | 'jobs.queue_unreachable';

/** A failure of the job room; its message names who, what and why. */
export class JobError extends PodliftError {
  override readonly code: JobErrorCode;

  constructor(code: JobErrorCode, message: string, kind?: ErrorKind) {
    super(code, message, kind ? { kind } : {});
    this.code = code;
  }

  static unknown = (name: string): JobError =>
    new JobError('jobs.unknown', `No job "${name}" is defined on this node; its plugin is missing, degraded or older.`);

  static taken = (name: string): JobError => new JobError('jobs.taken', `The job "${name}" is defined already.`);

  static missing = (id: string, doing: string): JobError =>
    new JobError('jobs.missing', `There is no job ${id} that can be ${doing}.`, 'conflict');

  /** The job was given to another worker meanwhile: this attempt's transaction must not commit. */
  static lost = (name: string): JobError =>
    new JobError(
      'jobs.lost',
      `Another worker has taken over this run of ${name}, or it was cancelled; this attempt is undone.`,
    );

  static cancelled = (name: string): JobError => new JobError('jobs.cancelled', `${name} was cancelled.`);

  static timeout = (name: string, ms: number): JobError =>
    new JobError('jobs.timeout', `${name} did not end within ${ms} ms.`);

  static stopped = (name: string): JobError =>
    new JobError('jobs.stopped', `${name} was interrupted because this node stops; it runs again elsewhere.`);

  static crashed = (name: string, attempts: number): JobError =>
    new JobError(
      'jobs.crashed',
      `${name} was begun ${attempts} times and never ended; the process seems to die with it.`,
    );

  static tooLarge = (name: string, bytes: number, most: number): JobError =>
    new JobError(
      'jobs.data_too_large',
      `The data of ${name} has ${bytes} bytes; at most ${most} are allowed. Pass ids and keep records in tables or files.`,
      'invalid',
    );

  static notDrained = (left: number, ms: number): JobError =>
    new JobError('jobs.not_drained', `${left} jobs were still waiting or running after ${ms} ms.`);

  static unreachable = (where: string, cause: unknown): JobError =>
    new JobError(
      'jobs.queue_unreachable',
      `The job queues in ${where} do not answer (${cause instanceof Error ? cause.message : String(cause)}). Start it, correct REDIS_URL, or leave REDIS_URL out to keep the queues in PostgreSQL.`,
      'unavailable',
    );
}
