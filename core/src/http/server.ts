import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import type { Config } from '../config/index.ts';
import type { Health, Log } from '../telemetry/index.ts';
import type { HttpApp } from './create-app.ts';
import { cutSlowBodies } from './slow-bodies.ts';

/** A server that listens. */
export interface RunningServer {
  readonly host: string;
  /** The port it got, also when 0 was asked for. */
  readonly port: number;
  readonly url: string;
  /** Says that it leaves, answers for `drainMs` more, takes no new connections, lets running requests end within `shutdownMs`, then cuts what is left. */
  stop(): Promise<void>;
}

/** Why a server cannot listen, in a sentence. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  static of(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
    return new ListenError(ListenError.#sentence(error, host, port), { cause: error });
  }

  static #sentence({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
    if (code === 'EADDRINUSE')
      return `Port ${port} on ${host} is taken by another process. Stop that one, or set PODLIFT_PORT to a free port (0 picks one).`;
    if (code === 'EACCES')
      return `Podlift may not listen on port ${port}. Ports below 1024 need a privilege; set PODLIFT_PORT to a higher one.`;
    if (code === 'EADDRNOTAVAIL')
      return `This machine has no address ${host}. Set PODLIFT_HOST to one it has, for example 127.0.0.1.`;
    return `Podlift cannot listen on ${host}:${port}: ${message}.`;
  }
}

const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;
/** While it stops: how often to look for connections on which nothing is under way. */
const RESTING_MS = 50;
const MAX_HEADER_BYTES = 16 * 1024;

type ServerConfig = Pick<Config, 'host' | 'port' | 'shutdownMs' | 'requestMs'> & {
  /** How long it goes on answering after it said that it leaves. */
  readonly drainMs?: number;
};

/**
 * Listens, and resolves once connections are taken.
 *
 * @example
 * ```ts
 * const server = await listen(app, config, { log, health });
 * await server.stop();
 * ```
 */
export async function listen(
  app: Pick<HttpApp, 'fetch'>,
  config: ServerConfig,
  { log, health }: { log: Log; health?: Pick<Health, 'leave'> },
): Promise<RunningServer> {
  const leaving = new AbortController();
  // Every stream that is open listens for it.
  setMaxListeners(0, leaving.signal);
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, Object.assign(env, { leaving: leaving.signal })),
    createServer,
    serverOptions: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      // A body that drips in is cut off by `cutSlowBodies`.
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as ReturnType<typeof createServer>; // `createServer` above decides which of the adaptor's three kinds it is.
  const stopCutting = cutSlowBodies(server, Math.max(config.requestMs, HEADERS_MS));
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(ListenError.of(error, config.host, config.port));
    server.once('error', fail);
    server.listen(config.port, config.host, () => {
      server.off('error', fail);
      resolve();
    });
  });
  server.once('close', stopCutting);
  server.on('error', (error) => log.error({ err: error }, 'the server failed'));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  let stopping: Promise<void> | undefined;
  return {
    host: config.host,
    port,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    stop: () => (stopping ??= stop(server, { ...config, endStreams: () => leaving.abort() }, log, health)),
  };
}

async function stop(
  server: ReturnType<typeof createServer>,
  { shutdownMs, drainMs = 0, endStreams }: Pick<ServerConfig, 'shutdownMs' | 'drainMs'> & { endStreams: () => void },
  log: Log,
  health: Pick<Health, 'leave'> | undefined,
): Promise<void> {
  health?.leave();
  // Whoever keeps a connection busy would keep it open: each is closed with its next answer, or when it rests.
  server.prependListener('request', (_, response) => void (response.shouldKeepAlive = false));
  // A balancer that has not noticed yet goes on sending, and is answered.
  if (drainMs > 0) await sleep(drainMs);
  // Only now: who streams comes back at once, and has to find the other node.
  endStreams();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const resting = setInterval(() => server.closeIdleConnections(), RESTING_MS);
  const cut = setTimeout(() => {
    log.warn({ shutdownMs }, 'requests were still running and were cut off');
    server.closeAllConnections();
  }, shutdownMs);
  await closed;
  clearInterval(resting);
  clearTimeout(cut);
}
