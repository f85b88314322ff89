/** Jobs of this room. */
export const DELIVER_JOB = 'core/notify-deliver';
export const DIGEST_JOB = 'core/notify-digest';

/** One digest per person and day waits at a time. */
export const digestKey = (user: string, dueAt: number): string => `${user}:${dueAt}`;
