import pg from 'pg';
import type { Database } from '../../data/index.ts';
import type { Log } from '../../telemetry/index.ts';

const CHANNEL = 'podlift_plugins';
const RECONNECT_MS = 1000;

/** What nodes tell each other: whose facts changed, or that an operator wished something. */
export type Hint = { readonly tenant: string } | { readonly plugins: true };

/** Tells other nodes at once what they would find by polling. Only a hint: whoever misses it is late, not wrong. */
export interface Hints {
  start(): void;
  send(hint: Hint): void;
  stop(): Promise<void>;
}

export function createHints(database: Pick<Database, 'url' | 'query'>, log: Log, heard: (hint: Hint) => void): Hints {
  let client: pg.Client | undefined;
  let running = false;

  const listen = async (): Promise<void> => {
    const connection = new pg.Client({
      connectionString: database.url('runtime', true),
      application_name: 'podlift plugins',
      // A network that swallows packets tells nobody.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    let lost = false;
    const again = (): void => {
      if (lost) return;
      lost = true;
      if (client === connection) client = undefined;
      void connection.end().catch(() => undefined);
      if (running) setTimeout(() => void (running && listen()), RECONNECT_MS).unref();
    };
    connection.on('error', again);
    connection.on('notification', ({ payload = '' }) =>
      heard(payload === '' ? { plugins: true } : { tenant: payload }),
    );
    try {
      await connection.connect();
      await connection.query(`listen ${CHANNEL}`);
      if (running) client = connection;
      else await connection.end();
    } catch (error) {
      log.debug({ err: error }, 'Cannot listen for hints about plugins now; polling goes on');
      again();
    }
  };

  return {
    start() {
      running = true;
      void listen();
    },
    send(hint) {
      database
        .query(`select pg_notify('${CHANNEL}', $1)`, ['tenant' in hint ? hint.tenant : ''])
        .catch((error: unknown) => log.debug({ err: error }, 'Could not send a hint about plugins'));
    },
    async stop() {
      running = false;
      const open = client;
      client = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}
