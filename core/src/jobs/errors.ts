export type JobErrorCode =
  | 'job_unknown'
  | 'job_taken'
  | 'job_missing'
  | 'job_lost'
  | 'job_cancelled'
  | 'job_timeout'
  | 'job_stopped'
  | 'job_crashed'
  | 'job_data_too_large'
  | 'job_not_drained';

/** A failure of the job room; its message names who, what and why. */
export class JobError extends Error {
  readonly code: JobErrorCode;

  constructor(code: JobErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JobError';
    this.code = code;
  }

  static unknown = (name: string): JobError =>
    new JobError('job_unknown', `No job "${name}" is defined on this node; its plugin is missing, degraded or older.`);

  static taken = (name: string): JobError => new JobError('job_taken', `The job "${name}" is defined already.`);

  static missing = (id: string, doing: string): JobError =>
    new JobError('job_missing', `There is no job ${id} that can be ${doing}.`);

  /** The job was given to another worker meanwhile: this attempt's transaction must not commit. */
  static lost = (name: string): JobError =>
    new JobError(
      'job_lost',
      `Another worker has taken over this run of ${name}, or it was cancelled; this attempt is undone.`,
    );

  static cancelled = (name: string): JobError => new JobError('job_cancelled', `${name} was cancelled.`);

  static timeout = (name: string, ms: number): JobError =>
    new JobError('job_timeout', `${name} did not end within ${ms} ms.`);

  static stopped = (name: string): JobError =>
    new JobError('job_stopped', `${name} was interrupted because this node stops; it runs again elsewhere.`);

  static crashed = (name: string, attempts: number): JobError =>
    new JobError(
      'job_crashed',
      `${name} was begun ${attempts} times and never ended; the process seems to die with it.`,
    );

  static tooLarge = (name: string, bytes: number, most: number): JobError =>
    new JobError(
      'job_data_too_large',
      `The data of ${name} has ${bytes} bytes; at most ${most} are allowed. Pass ids and keep records in tables or files.`,
    );

  static notDrained = (left: number, ms: number): JobError =>
    new JobError('job_not_drained', `${left} jobs were still waiting or running after ${ms} ms.`);
}
