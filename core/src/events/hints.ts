import { Client } from 'pg';
import type { Database } from '../data/index.ts';
import type { Log } from '../telemetry/index.ts';
import { CHANNEL } from './limits.ts';
import type { SystemQuery } from './system-query.ts';

/** Tells other nodes that events were appended. Only a hint: whoever misses it finds the events by polling. */
export interface Hints {
  /** Begins to listen, under this name; sending needs no start. */
  start(name: string): void;
  /** At most one notification per pause, outside of everybody's transactions: NOTIFY makes commits of the whole cluster wait in line. */
  send(): void;
  stop(): Promise<void>;
}

const PAUSE_MS = 10;
const RECONNECT_MS = 1000;
const NOTIFY = `select pg_notify('${CHANNEL}', $1), set_config('synchronous_commit', 'off', true)`;

/** `node` names us, so that we do not wake ourselves. */
export function createHints(database: Database, query: SystemQuery, node: string, log: Log, heard: () => void): Hints {
  let client: Client | undefined;
  let running = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let due = false;

  const listen = async (name: string): Promise<void> => {
    const connection = new Client({
      connectionString: database.url('system', true),
      application_name: name,
      // A network that swallows packets tells nobody.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    const lost = (): void => {
      if (client === connection) client = undefined;
      void connection.end().catch(() => undefined);
      if (running) setTimeout(() => void listen(name), RECONNECT_MS).unref();
    };
    connection.once('error', lost);
    connection.on('error', () => undefined);
    connection.on('notification', ({ payload }) => {
      if (payload !== node) heard();
    });
    try {
      await connection.connect();
      await connection.query(`listen ${CHANNEL}`);
      if (!running) return await connection.end();
      client = connection;
      heard();
    } catch (error) {
      log.debug({ err: error }, 'Cannot listen for hints of events now; polling goes on');
      connection.removeListener('error', lost);
      lost();
    }
  };

  const flush = (): void => {
    due = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (due && !stopped) flush();
    }, PAUSE_MS);
    query(NOTIFY, [node]).catch((error: unknown) => log.debug({ err: error }, 'Could not send a hint of events'));
  };

  return {
    start(name) {
      if (running || stopped) return;
      running = true;
      void listen(name);
    },
    send() {
      if (stopped) return;
      due = true;
      if (!timer) flush();
    },
    async stop() {
      running = false;
      stopped = true;
      clearTimeout(timer);
      const open = client;
      client = undefined;
      await open?.end().catch(() => undefined);
    },
  };
}
