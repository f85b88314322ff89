import type { Config } from '../config/index.ts';
import { createApp, listen, type HttpApp, type RunningServer } from '../http/index.ts';
import { createActs } from './acts.ts';
import { boot, type BootOptions } from './boot.ts';
import { demoPanels } from './home.ts';
import type { Role } from './role.ts';
import { createRoutes } from './routes.ts';
import type { Root, Rooms } from './rooms.ts';
import { startCare } from './care.ts';
import { flushSpans } from '../telemetry/index.ts';

/** An installation that runs in this process. */
export interface Podlift {
  readonly rooms: Rooms;
  readonly app: HttpApp;
  readonly server: RunningServer | undefined;
  readonly isNew: boolean;
  /** Takes nothing new, lets what runs end within `shutdownMs`, then closes. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

/** The edge over the rooms, without a socket: what the server serves and what tests ask. */
export function createEdge(root: Root): HttpApp {
  const rooms = root.cradle;
  const { config, log, metrics, clock, health, limits, identity, tenancy, plugins, idempotency, access } = rooms;
  const routes = createRoutes(rooms);
  access.assertRoutes(routes);
  return createApp({
    config,
    log,
    metrics,
    clock,
    health,
    limits,
    idempotency,
    usage: rooms.usage,
    acts: createActs(rooms.audit),
    authenticate: (request) => identity.authenticate(request),
    tenants: tenancy,
    resolvePrincipal: (credential, tenant) => identity.resolvePrincipal(credential, tenant),
    plugins: plugins.door,
    homePanels: () => demoPanels(rooms),
    openScope: (principal, request) => {
      const scope = root.createScope<{ principal: typeof principal; request: typeof request }>();
      scope.register({
        principal: { resolve: () => principal },
        request: { resolve: () => request },
      });
      return { resolve: (name) => scope.resolve(name), dispose: () => scope.dispose() };
    },
    routes,
  });
}

/**
 * Starts an installation: the database, the plugins, then what the role asks for. It is ready when this resolves.
 *
 * @example
 * ```ts
 * const podlift = await startPodlift(loadConfig(process.env), 'all');
 * await podlift.stop();
 * ```
 */
export async function startPodlift(config: Config, role: Role, options: BootOptions = {}): Promise<Podlift> {
  const booted = await boot(config, options);
  const rooms = booted.root.cradle;
  const { jobs, events, plugins } = rooms;
  /** How to end what was begun, last first. */
  const ends: (() => Promise<unknown>)[] = [flushSpans, booted.close];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= endAll(ends.toReversed()));
  try {
    options.step?.('loading plugins');
    ends.push(() => rooms.notify.stop());
    ends.push(() => plugins.stop());
    await plugins.start();
    const app = createEdge(booted.root);
    if (role !== 'api') {
      ends.push(
        () => events.stop(config.shutdownMs),
        () => jobs.stop(config.shutdownMs),
      );
      await rooms.notify.start();
      await jobs.start();
      await events.start();
    } else {
      // It works on none, but may have opened the queues to show them.
      ends.push(() => jobs.stop(0));
    }
    ends.push(await startCare(rooms, role));
    const server = role === 'worker' ? undefined : await listen(app, config, rooms);
    ends.push(async () => server?.stop());
    return { rooms, app, server, isNew: booted.isNew, stop };
  } catch (error) {
    await stop().catch((failed: unknown) => rooms.log.error({ err: failed }, 'What was begun could not be closed'));
    throw error;
  }
}

/** One after the other, each also when one before it failed: what is left open outlives us. @throws AggregateError at the end. */
async function endAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be closed');
}
