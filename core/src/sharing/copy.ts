import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import type { Datasets } from './datasets.ts';
import { RECEIVED, type ReceivedRow, type ReceivedShare } from './share.ts';

const PAGE = 1000;
/** Rows that one withdrawal removes in one transaction. */
const WITHDRAW = 5000;

const READ = `select ${RECEIVED} from core.share_received where tenant_id = $1 and id = $2`;
/** Moves the cursor only where it was and while the share is active: a second copier, or a revocation, undoes the page. */
const ADVANCE = `update core.share_received set cursor = $4, copied = copied + $5, copied_at = $6, error = null
  where tenant_id = $1 and id = $2 and state = 'active' and cursor is not distinct from $3 returning id`;
const GIVES = `select 1 from core.share_given
  where tenant_id = $1 and id = $2 and receiver = $3 and dataset = $4 and scope = $5::jsonb and state = 'active'`;
const FAILED = `update core.share_received set error = $3 where tenant_id = $1 and id = $2`;
const WITHDRAWN = `update core.share_received set withdrawn_at = $3 where tenant_id = $1 and id = $2`;

/** What copying needs. */
export interface CopyDeps {
  readonly database: Pick<Database, 'withTenant'>;
  readonly clock: Clock;
  readonly datasets: Datasets;
  /** A workspace that is suspended or deleted gives and takes nothing. */
  readonly isActive: (tenant: string) => Promise<boolean>;
}

/** A page was not kept: the share ended, or somebody else copied it. */
class Overtaken extends Error {}

/** Copies what is new of a share, page by page. Each page commits with the cursor that says so. Returns how many rows were kept. */
export async function copyShare(
  { database, clock, datasets, isActive }: CopyDeps,
  receiver: string,
  id: string,
  signal?: AbortSignal,
): Promise<number> {
  const read = async (): Promise<ReceivedShare | undefined> =>
    (await database.withTenant({ tenant: receiver }, (tx) => tx.query<ReceivedRow>(READ, [receiver, id])))[0];
  /** What the receiver's row says gives no right to anything of the grantor: the grantor's own row does. */
  const isGiven = async ({ grantor, dataset, scope }: ReceivedShare): Promise<boolean> =>
    (
      await database.withTenant({ tenant: grantor, readOnly: true }, (tx) =>
        tx.query(GIVES, [grantor, id, receiver, dataset, JSON.stringify(scope)]),
      )
    ).length > 0;
  let kept = 0;
  for (;;) {
    signal?.throwIfAborted();
    const share = await read();
    if (share?.state !== 'active' || isPast(share.expiresAt, clock.now())) return kept;
    if (!(await isActive(share.grantor)) || !(await isActive(receiver))) return kept;
    if (!(await isGiven(share))) return kept;
    try {
      const scope = share.scope as Parameters<typeof datasets.call<'export'>>[3]['scope'];
      const page = await datasets.call(share.dataset, 'export', share.grantor, {
        scope,
        cursor: share.cursor,
        limit: PAGE,
      });
      const { grantor, grantorName } = share;
      const at = new Date(clock.now());
      const move = [receiver, id, share.cursor, page.cursor, page.rows.length, at];
      if (page.rows.length > 0) {
        const provenance = { share: id, grantor, grantorName, at: at.toISOString() };
        const answer = await datasets.call(
          share.dataset,
          'import',
          receiver,
          { rows: page.rows, provenance },
          async (tx) => {
            if ((await tx.query(ADVANCE, move)).length === 0)
              throw new Overtaken('the share was ended or copied meanwhile');
          },
        );
        kept += answer.kept;
      } else if (page.cursor !== share.cursor || share.copiedAt === null)
        await database.withTenant({ tenant: receiver }, (tx) => tx.query(ADVANCE, move));
      // A dataset that gives rows and does not move would give them for ever.
      if (page.done || page.cursor === share.cursor) return kept;
    } catch (error) {
      if ((await read())?.state !== 'active') return kept;
      await database.withTenant({ tenant: receiver }, (tx) => tx.query(FAILED, [receiver, id, messageOf(error)]));
      throw error;
    }
  }
}

/** Takes back what was copied, in small transactions; safe to be asked again. */
export async function withdrawShare(
  { database, clock, datasets }: CopyDeps,
  receiver: string,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const [share] = await database.withTenant({ tenant: receiver }, (tx) => tx.query<ReceivedRow>(READ, [receiver, id]));
  if (!share?.withdraw || share.withdrawnAt) return;
  for (let left = true; left;) {
    signal?.throwIfAborted();
    ({ left } = await datasets.call(share.dataset, 'withdraw', receiver, { share: id, limit: WITHDRAW }));
  }
  await database.withTenant({ tenant: receiver }, (tx) => tx.query(WITHDRAWN, [receiver, id, new Date(clock.now())]));
}

const isPast = (at: Date | null, now: number): boolean => at !== null && at.getTime() <= now;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);
