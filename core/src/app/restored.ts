import { afterRestore } from '../recovery/index.ts';
import type { Rooms } from './rooms.ts';

/**
 * The first start after a restore: it stands in the audit and beside the anchors before anything else does, and erasures that the backup
 * did not know are carried out again, in every tenant whatever its state.
 */
export const tendRestored = (rooms: Rooms): Promise<void> =>
  afterRestore(rooms.config.dataDir, async ({ id: act, backup, state, at }) => {
    await rooms.anchors?.tellRestored({ act, backup, state, at });
    await rooms.audit.record(null, {
      id: act,
      actor: { kind: 'system', id: 'cli' },
      action: 'installation.restored',
      target: `backup:${backup}`,
      details: { state, at },
    });
    const { erased, held } = await eraseAgain(rooms);
    rooms.log.warn(
      { backup, state, erased, held },
      'this installation was restored; erasures since then were carried out again',
    );
  });

async function eraseAgain({ tenancy, portability, log }: Rooms): Promise<{ erased: number; held: string[] }> {
  let erased = 0;
  const held: string[] = [];
  const failed: unknown[] = [];
  for (let after: string | undefined; ;) {
    const page = await tenancy.list(after === undefined ? {} : { after });
    for (const { id: tenant } of page.items)
      try {
        for (const { deleted, cleared } of await portability.subjects.reapply(tenant)) erased += deleted + cleared;
      } catch (error) {
        // The hold stands above the erasure; whoever lifts it runs `podlift subject reapply`.
        if ((error as { code?: string }).code === ON_HOLD) held.push(tenant);
        else {
          failed.push(error);
          log.error({ err: error, tenant }, 'erasures since the backup could not be carried out again');
        }
      }
    after = page.next;
    if (after === undefined) break;
  }
  if (failed.length > 0) throw new AggregateError(failed, 'Erasures of some tenants were not carried out again.');
  return { erased, held };
}

const ON_HOLD = 'privacy.on_hold';
