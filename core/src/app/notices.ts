import { tellQuota } from '../notify/index.ts';
import type { Rooms } from './rooms.ts';

type Needs = Pick<Rooms, 'tenancy' | 'quotas' | 'database' | 'events' | 'clock' | 'log'>;

/** Tells people of every tenant that is near a limit of its plan; once per limit, threshold and period. */
export async function tellQuotas({ tenancy, quotas, database, events, clock, log }: Needs): Promise<number> {
  let told = 0;
  let after: string | undefined;
  do {
    const page = await tenancy.list({ status: 'active', limit: 200, ...(after && { after }) });
    for (const { id: tenant } of page.items)
      try {
        const near = (await quotas.usage(tenant)).filter(({ used, limit }) => limit > 0 && used * 100 >= limit * 80);
        if (near.length === 0) continue;
        await database.withTenant({ tenant }, async (tx) => {
          for (const { name, used, limit, resetsAt } of near) {
            const period = resetsAt?.toISOString().slice(0, 10) ?? 'total';
            if (await tellQuota(tx, { quota: name, used, limit, period }, clock.now())) told++;
          }
        });
      } catch (error) {
        log.warn({ err: error, tenant }, 'The limits of a tenant could not be looked at');
      }
    after = page.next;
  } while (after);
  if (told > 0) events.wake();
  return told;
}

const LOOK_MS = 15_000;

/** Tells those who run the installation of plugins that are down. Returns how to stop. */
export function watchPlugins({ plugins, notify, log }: Pick<Rooms, 'plugins' | 'notify' | 'log'>): () => Promise<void> {
  let known = '';
  let running: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const down = plugins.list().filter(({ state }) => state === 'degraded');
    const now = JSON.stringify(down.map(({ id, reason }) => [id, reason]));
    if (now === known) return;
    try {
      for (const { id, reason } of down) await notify.tellOperators(id, reason ?? 'no reason was given');
      known = now;
    } catch (error) {
      log.warn({ err: error }, 'Nobody could be told of a plugin that is down; trying again');
    }
  };
  const timer = setInterval(() => void (running = look()), LOOK_MS).unref();
  running = look();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
