import { uuidv7 } from '@podlift/sdk';
import type { AuditActor, Audit } from '../audit/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database, Queryable } from '../data/index.ts';
import { requestJob, type Jobs } from '../jobs/index.ts';
import type { Tenancy } from '../tenancy/index.ts';
import { copyShare, withdrawShare } from './copy.ts';
import { createDatasets, type Dataset, type SharingPlugins } from './datasets.ts';
import { SharingErrors } from './errors.ts';
import { GIVEN, RECEIVED, type GivenRow, type GivenShare, type ReceivedRow, type ReceivedShare } from './share.ts';

/** What one tenant offers another. */
export interface Offer {
  /** The id of the receiver's workspace. */
  readonly receiver: string;
  readonly dataset: string;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly terms: string;
  readonly withdrawable: boolean;
  readonly expiresAt?: Date | undefined;
}

export interface SharingDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: Pick<Audit, 'record'>;
  readonly jobs: Pick<Jobs, 'define' | 'defineSystem'>;
  readonly tenancy: Pick<Tenancy, 'byId'>;
  readonly plugins: SharingPlugins;
}

/** Shares of a tenant, given and received. Every change is audited on both sides. */
export interface Sharing {
  /** Lets this process copy, withdraw and end what is due. */
  start(): Promise<void>;
  datasets(tenant: string): Promise<(Dataset & { readonly open: boolean })[]>;
  offer(grantor: string, offer: Offer, actor: AuditActor): Promise<GivenShare>;
  given(tenant: string): Promise<GivenShare[]>;
  received(tenant: string): Promise<ReceivedShare[]>;
  accept(receiver: string, id: string, actor: AuditActor): Promise<ReceivedShare>;
  decline(receiver: string, id: string, actor: AuditActor): Promise<ReceivedShare>;
  /** The receiver wants no more; `remove` removes what was copied. */
  leave(receiver: string, id: string, actor: AuditActor, remove: boolean): Promise<ReceivedShare>;
  /** The grantor ends it; `withdraw` takes back what was copied, when the terms allow it. */
  revoke(grantor: string, id: string, actor: AuditActor, withdraw: boolean): Promise<GivenShare>;
  /** Copies what is new, now. */
  copy(receiver: string, id: string, signal?: AbortSignal): Promise<number>;
  /** Ends what expired and asks for a job for every share that is to be copied or withdrawn. Returns how many. */
  sweep(): Promise<number>;
  /** A tenant goes: nothing of it is shared any more. What others received is theirs, and says where it came from. */
  endAll(tenant: string): Promise<void>;
}

const MOST_OPEN = 500;
const COPY = 'core/share-copy';
const WITHDRAW = 'core/share-withdraw';
const SYSTEM: AuditActor = { kind: 'system', id: 'sharing' };

const BOTH = {
  activate: `update core.share_%s set state = 'active', accepted_at = $3 where tenant_id = $1 and id = $2 and state = 'offered' returning id`,
  end: `update core.share_%s set state = $4, ended_at = $3 where tenant_id = $1 and id = $2 and state = any($5) returning id`,
} as const;
const side = (sql: string, which: 'given' | 'received'): string => sql.replace('%s', which);
const ASK_BACK = `update core.share_received set withdraw = true where tenant_id = $1 and id = $2`;
const EXPIRED = `select tenant_id as grantor, id, receiver from core.share_given
  where state in ('offered', 'active') and expires_at <= $1 order by tenant_id, id limit 1000`;
const DUE = `select tenant_id as receiver, id, state from core.share_received
  where state = 'active' or (withdraw and withdrawn_at is null) order by tenant_id, id`;
const ENDING = `select tenant_id as grantor, id, receiver from core.share_given
  where (tenant_id = $1 or receiver = $1) and state in ('offered', 'active')`;

/** Makes the sharing between tenants. */
export function createSharing({ database, clock, audit, jobs, tenancy, plugins }: SharingDeps): Sharing {
  const datasets = createDatasets(plugins);
  const isActive = async (tenant: string): Promise<boolean> => (await tenancy.byId(tenant))?.status === 'active';
  const deps = { database, clock, datasets, isActive };
  const now = (): Date => new Date(clock.now());

  const readGiven = async (grantor: string, id: string): Promise<GivenShare> => {
    const [row] = await database.withTenant({ tenant: grantor }, (tx) =>
      tx.query<GivenRow>(`select ${GIVEN} from core.share_given where tenant_id = $1 and id = $2`, [grantor, id]),
    );
    if (!row) throw SharingErrors.unknown(id);
    return row;
  };
  const readReceived = async (receiver: string, id: string): Promise<ReceivedShare> => {
    const [row] = await database.withTenant({ tenant: receiver }, (tx) =>
      tx.query<ReceivedRow>(`select ${RECEIVED} from core.share_received where tenant_id = $1 and id = $2`, [
        receiver,
        id,
      ]),
    );
    if (!row) throw SharingErrors.unknown(id);
    return row;
  };
  /** Both sides learn of it; whoever did not act reads which workspace did. */
  const record = async (
    tx: Queryable,
    { grantor, receiver, id }: { readonly grantor: string; readonly receiver: string; readonly id: string },
    by: { readonly tenant: string; readonly actor: AuditActor },
    action: string,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<void> => {
    for (const tenant of [grantor, receiver]) {
      const actor = tenant === by.tenant ? by.actor : { kind: 'tenant', id: by.tenant };
      await audit.record(tx, { tenant, actor, action: `share.${action}`, target: `share:${id}`, details });
    }
  };
  /** Moves both rows to an end, or refuses when somebody was faster. */
  async function end(
    share: { readonly grantor: string; readonly receiver: string; readonly id: string; readonly state: string },
    to: 'declined' | 'left' | 'revoked' | 'expired',
    by: { readonly tenant: string; readonly actor: AuditActor },
    { from, takeBack = false }: { readonly from: readonly string[]; readonly takeBack?: boolean },
  ): Promise<void> {
    await database.system(`share ${to}`, async (tx) => {
      const ended = await tx.query(side(BOTH.end, 'given'), [share.grantor, share.id, now(), to, from]);
      if (ended.length === 0) throw SharingErrors.wrongState(share.state, from.join(' or '));
      await tx.query(side(BOTH.end, 'received'), [share.receiver, share.id, now(), to, from]);
      if (takeBack) await tx.query(ASK_BACK, [share.receiver, share.id]);
      await record(tx, share, by, to, { withdraw: takeBack });
    });
    if (takeBack) await request(share.receiver, WITHDRAW, share.id);
  }
  const request = (tenant: string, name: string, share: string): Promise<string> =>
    database.withTenant({ tenant }, (tx) =>
      requestJob(tx, { name, data: { share }, queue: 'bulk', key: share }, clock.now()),
    );

  async function sweep(): Promise<number> {
    type Ends = { grantor: string; receiver: string; id: string };
    const expired = await database.system('find expired shares', (tx) => tx.query<Ends>(EXPIRED, [now()]));
    for (const share of expired)
      await end(
        { ...share, state: 'ended' },
        'expired',
        { tenant: '', actor: SYSTEM },
        { from: ['offered', 'active'] },
      );
    const due = await database.system('find shares to copy', (tx) =>
      tx.query<{ receiver: string; id: string; state: string }>(DUE),
    );
    for (const { receiver, id, state } of due) await request(receiver, state === 'active' ? COPY : WITHDRAW, id);
    return due.length;
  }

  return {
    async start() {
      const shareOf = (data: unknown): string => String(Object(data).share);
      await jobs.define({
        name: COPY,
        queue: 'bulk',
        timeoutMs: 30 * 60_000,
        run: async (data, { tenant, signal }) => ({ kept: await copyShare(deps, tenant, shareOf(data), signal) }),
      });
      await jobs.define({
        name: WITHDRAW,
        queue: 'bulk',
        timeoutMs: 30 * 60_000,
        run: (data, { tenant, signal }) => withdrawShare(deps, tenant, shareOf(data), signal),
      });
      await jobs.defineSystem({ name: 'core/share-sweep', cron: '*/5 * * * *', run: sweep });
    },
    async datasets(tenant) {
      return Promise.all(
        datasets.list().map(async (dataset) => ({ ...dataset, open: await datasets.isOpen(dataset, tenant) })),
      );
    },
    async offer(grantor, { receiver, dataset, scope, terms, withdrawable, expiresAt }, actor) {
      const known = datasets.list();
      const found = known.find(({ name }) => name === dataset);
      if (!found)
        throw SharingErrors.datasetUnknown(
          dataset,
          known.map(({ name }) => name),
        );
      if (!(await datasets.isOpen(found, grantor))) throw SharingErrors.datasetClosed(dataset);
      if (receiver === grantor) throw SharingErrors.toOneself();
      if (expiresAt && expiresAt.getTime() <= clock.now()) throw SharingErrors.expired();
      const [from, to] = await Promise.all([tenancy.byId(grantor), tenancy.byId(receiver)]);
      if (to?.status !== 'active') throw SharingErrors.receiverUnknown(receiver);
      const checked = scope as Parameters<typeof datasets.call<'check'>>[3]['scope'];
      const { summary } = await datasets.call(dataset, 'check', grantor, { scope: checked });
      const id = uuidv7();
      const columns = `id, dataset, scope, summary, terms, withdrawable, expires_at, state, offered_at`;
      const values = [
        id,
        dataset,
        JSON.stringify(scope),
        summary,
        terms,
        withdrawable,
        expiresAt ?? null,
        'offered',
        now(),
      ];
      await database.system('share offered', async (tx) => {
        const [open] = await tx.query<{ n: number }>(
          `select count(*)::int as n from core.share_given where tenant_id = $1 and state in ('offered', 'active')`,
          [grantor],
        );
        if ((open?.n ?? 0) >= MOST_OPEN) throw SharingErrors.tooMany(MOST_OPEN);
        await tx.query(
          `insert into core.share_given (tenant_id, receiver, receiver_name, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
          [grantor, receiver, to.name, ...values],
        );
        await tx.query(
          `insert into core.share_received (tenant_id, grantor, grantor_name, ${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
          [receiver, grantor, from?.name ?? '', ...values],
        );
        await record(tx, { grantor, receiver, id }, { tenant: grantor, actor }, 'offered', { dataset, scope });
      });
      return readGiven(grantor, id);
    },
    given: (tenant) =>
      database.withTenant({ tenant }, (tx) =>
        tx.query<GivenRow>(`select ${GIVEN} from core.share_given where tenant_id = $1 order by id desc limit 1000`, [
          tenant,
        ]),
      ),
    received: (tenant) =>
      database.withTenant({ tenant }, (tx) =>
        tx.query<ReceivedRow>(
          `select ${RECEIVED} from core.share_received where tenant_id = $1 order by id desc limit 1000`,
          [tenant],
        ),
      ),
    async accept(receiver, id, actor) {
      const share = await readReceived(receiver, id);
      const dataset = datasets.list().find(({ name }) => name === share.dataset);
      if (!dataset || !(await datasets.isOpen(dataset, receiver))) throw SharingErrors.datasetClosed(share.dataset);
      if (share.expiresAt && share.expiresAt.getTime() <= clock.now())
        throw SharingErrors.wrongState('expired', 'offered');
      await database.system('share accepted', async (tx) => {
        const moved = await tx.query(side(BOTH.activate, 'received'), [receiver, id, now()]);
        if (moved.length === 0) throw SharingErrors.wrongState(share.state, 'offered');
        await tx.query(side(BOTH.activate, 'given'), [share.grantor, id, now()]);
        await record(tx, { grantor: share.grantor, receiver, id }, { tenant: receiver, actor }, 'accepted', {
          terms: share.terms,
        });
      });
      await request(receiver, COPY, id);
      return readReceived(receiver, id);
    },
    async decline(receiver, id, actor) {
      const share = await readReceived(receiver, id);
      await end({ ...share, receiver }, 'declined', { tenant: receiver, actor }, { from: ['offered'] });
      return readReceived(receiver, id);
    },
    async leave(receiver, id, actor, remove) {
      const share = await readReceived(receiver, id);
      const how = { from: ['active'], takeBack: remove };
      await end({ ...share, receiver }, 'left', { tenant: receiver, actor }, how);
      return readReceived(receiver, id);
    },
    async revoke(grantor, id, actor, withdraw) {
      const share = await readGiven(grantor, id);
      if (withdraw && !share.withdrawable) throw SharingErrors.notWithdrawable();
      const how = { from: ['offered', 'active'], takeBack: withdraw };
      await end({ ...share, grantor }, 'revoked', { tenant: grantor, actor }, how);
      return readGiven(grantor, id);
    },
    copy: (receiver, id, signal) => copyShare(deps, receiver, id, signal),
    sweep,
    async endAll(tenant) {
      const open = await database.system('end the shares of a tenant', (tx) =>
        tx.query<{ grantor: string; receiver: string; id: string }>(ENDING, [tenant]),
      );
      for (const share of open) {
        const to = share.grantor === tenant ? 'revoked' : 'left';
        await end({ ...share, state: 'ended' }, to, { tenant, actor: SYSTEM }, { from: ['offered', 'active'] });
      }
    },
  };
}
