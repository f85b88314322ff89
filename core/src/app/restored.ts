import { afterRestore } from '../recovery/index.ts';
import type { Rooms } from './rooms.ts';

/** The first start after a restore: it stands in the audit, and erasures that the backup did not know are carried out again. */
export const tendRestored = (rooms: Rooms): Promise<void> =>
  afterRestore(rooms.config.dataDir, async ({ backup, state, at }) => {
    let erased = 0;
    for (let after: string | undefined; ;) {
      const page = await rooms.tenancy.list({ status: 'active', ...(after && { after }) });
      for (const { id } of page.items) erased += (await rooms.portability.subjects.reapply(id)).length;
      after = page.next;
      if (!after) break;
    }
    await rooms.audit.record(null, {
      actor: { kind: 'system', id: 'cli' },
      operator: true,
      action: 'installation.restored',
      target: `backup:${backup}`,
      details: { state, at, erasuresRepeated: erased },
    });
    rooms.log.warn(
      { backup, state, erased },
      'this installation was restored; erasures since then were carried out again',
    );
  });
