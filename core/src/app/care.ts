import { maintainPartitions } from '../data/index.ts';
import { definePortabilityJobs } from '../portability/index.ts';
import { VERSION } from '../http/index.ts';
import { announceNode } from '../recovery/index.ts';
import { tellQuotas, watchPlugins } from './notices.ts';
import { tendRestored } from './restored.ts';
import type { Rooms } from './rooms.ts';
import { meterStorage } from './metering.ts';
import type { Role } from './role.ts';

/** What goes on beside requests and jobs: partitions made ahead, tenants purged when due, old rows removed. Returns how to stop. */
export async function startCare(rooms: Rooms, role: Role): Promise<() => Promise<void>> {
  const { tenancy, identity, jobs, events, files, idempotency, database, keyring, clock, log } = rooms;
  const stops: (() => unknown)[] = [keyring.start(), identity.start(), rooms.usage.start(), () => rooms.leases.close()];
  stops.push(announceNode({ database, log, clock, role, version: VERSION, plugins: () => rooms.plugins.list() }));
  if (role !== 'api') {
    await rooms.search.start();
    await rooms.sharing.start();
    await tendRestored(rooms).catch((error: unknown) =>
      log.error({ err: error }, 'what a restore left to do was not done; the next start tries again'),
    );
    rooms.recovery.start();
    stops.push(() => rooms.recovery.stop());
    stops.push(tenancy.startSweeper());
    rooms.auditSealer.start();
    stops.push(() => rooms.auditSealer.stop());
    await jobs.defineSystem({
      name: 'core/retire',
      cron: '17 3 * * *',
      async run() {
        const gone = {
          events: await events.retire(),
          jobs: await jobs.retire(),
          answers: await idempotency.prune(),
          acts: await rooms.auditRetention.retireAll(),
          messages: await rooms.notify.retire(),
          usage: await rooms.usage.retire(),
        };
        log.info(gone, 'what was past its time was removed');
      },
    });
    await jobs.defineSystem({
      name: 'core/files',
      cron: '*/5 * * * *',
      async run() {
        const tended = await files.tend();
        if (Object.values(tended).some((n) => n > 0)) log.info(tended, 'files and uploads that were due were seen to');
      },
    });
    await jobs.defineSystem({ name: 'core/storage', cron: '23 * * * *', run: () => meterStorage(rooms) });
    await definePortabilityJobs(rooms);
    stops.push(watchPlugins(rooms));
    await jobs.defineSystem({ name: 'core/quota-notices', cron: '23 * * * *', run: () => tellQuotas(rooms) });
    await jobs.defineSystem({
      name: 'core/partitions',
      cron: '7 2 * * *',
      async run() {
        const { made, retired } = await maintainPartitions(
          database,
          clock.now(),
          // What a handler has not had yet stays, however old.
          async (schema, table) => (schema === 'core' && table === 'event' ? events.oldestNeeded() : undefined),
          await rooms.portability.held(),
        );
        if (made.length + retired.length > 0) log.info({ made, retired }, 'partitions were made ahead and retired');
      },
    });
  }
  return async () => {
    for (const stop of stops.toReversed()) await stop();
  };
}
