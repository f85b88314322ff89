import type { Redis } from 'ioredis';

/** Who is told when counting together ends and begins again. */
export interface LimitsLog {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/**
 * Says once that Redis is gone, and once that it is back; an error of a connection must not end the process. Resolves as soon as it is
 * known whether Redis is there at all, so that the first requests of a process are counted with those of others.
 */
export function watchRedis(redis: Redis, log: LimitsLog | undefined): Promise<void> {
  const known =
    redis.status === 'ready'
      ? Promise.resolve()
      : new Promise<void>((go) => void redis.once('ready', go).once('error', () => go()));
  let lost = false;
  redis.on('error', (error: Error) => {
    if (lost) return;
    lost = true;
    log?.warn({ err: error }, 'Redis is away: until it is back, each process counts limits for itself');
  });
  redis.on('ready', () => {
    if (lost) log?.info({}, 'Redis is back: all processes count limits together again');
    lost = false;
  });
  return known;
}
