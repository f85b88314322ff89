import type { Pool } from 'pg';

/** Remembers when keys were last used, and writes it now and then in one statement: no request waits for it. */
export interface KeyUsage {
  note(keyId: string, at: number): void;
  flush(): Promise<void>;
  /** Flushes every few seconds; returns how to stop, which flushes once more. */
  start(everyMs?: number): () => Promise<void>;
}

const FLUSH_MS = 15_000;
const WRITE = `update auth.apikey k set "lastRequest" = used.at
  from (select unnest($1::text[]) as id, unnest($2::timestamptz[]) as at) used
  where k.id = used.id and (k."lastRequest" is null or k."lastRequest" < used.at)`;

export function createKeyUsage({
  pool,
  onError,
}: {
  readonly pool: Pool;
  readonly onError: (error: unknown) => void;
}): KeyUsage {
  let noted = new Map<string, number>();
  const flush = async (): Promise<void> => {
    if (noted.size === 0) return;
    const batch = noted;
    noted = new Map();
    await pool.query(WRITE, [[...batch.keys()], [...batch.values()].map((at) => new Date(at))]).catch(onError);
  };
  return {
    note: (keyId, at) => void noted.set(keyId, at),
    flush,
    start(everyMs = FLUSH_MS) {
      const timer = setInterval(() => void flush(), everyMs);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await flush();
      };
    },
  };
}
