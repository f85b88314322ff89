import type { Clock } from '../config/index.ts';
import type { Database, Queryable, Tx } from '../data/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Intake } from './intake/intake.ts';
import type { FileKinds } from './kinds.ts';
import { collect, disposed, letGo, lockUsage, type Garbage } from './rows/content.ts';
import { deleteFile } from './rows/record.ts';
import type { Store, Stored } from './store.ts';

/** What one round of care did. */
export interface Tended {
  /** Files past their retention. */
  readonly expired: number;
  /** Uploads that were whole and that nobody made a file of. */
  readonly completed: number;
  /** Uploads that nobody went on with. */
  readonly ended: number;
  /** Contents that no file has any more and whose grace is over. */
  readonly collected: number;
  /** Objects removed from the store. */
  readonly removed: number;
}

export interface CareDeps {
  readonly store: Store;
  readonly database: Pick<Database, 'withTenant' | 'system'>;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly kinds: FileKinds;
  readonly graceMs: number;
  readonly log: Pick<Log, 'warn'> | undefined;
}

/** Files, uploads and objects that are due, over all tenants. */
export interface FileCare {
  tend(): Promise<Tended>;
  /** Removes the objects of a tenant that nothing refers to any more. */
  dispose(tenant: string): Promise<number>;
  /** Removes what lies in the store and stands in no row: after a database was restored to an earlier time. */
  removeOrphans(options: { readonly olderThanMs: number; readonly dryRun?: boolean }): Promise<number>;
}

interface Due {
  readonly tenant: string;
  readonly id: string;
}

const CHUNK = 500;
/** A sender may still be about to ask what became of its upload. */
const SETTLED_MS = 60_000;
const RETAIN = `update core.file set expires_at = created_at + make_interval(days => $3)
  where owner = $1 and kind = $2 and expires_at is distinct from created_at + make_interval(days => $3)`;
const FOREVER = `update core.file set expires_at = null where owner = $1 and kind = $2 and expires_at is not null`;
const EXPIRED = `select tenant_id as tenant, id from core.file where expires_at <= $1 limit ${CHUNK}`;
const WHOLE = `select tenant_id as tenant, id from core.file_upload
  where file_id is null and length = received and updated_at <= $1 and (leased_until is null or leased_until <= $2) limit ${CHUNK}`;
const ENDED = `select tenant_id as tenant, id from core.file_upload where expires_at <= $1 limit ${CHUNK}`;
const UNREFERENCED = `select tenant_id as tenant, digest as id from core.file_content where unreferenced_at <= $1 limit ${CHUNK}`;
const GARBAGE_OF = `select distinct tenant_id as tenant, '' as id from core.file_garbage`;
const GARBAGE = `select object, state from core.file_garbage where tenant_id = $1 order by object limit ${CHUNK}`;
const KNOWN = `select object from core.file_content where tenant_id = $1 and object = any($2)
  union select object from core.file_upload where tenant_id = $1 and object = any($2)
  union select object from core.file_garbage where tenant_id = $1 and object = any($2)`;
const HOLDERS = "select tenant_id as tenant, '' as id from core.file_usage";

export function createCare({ store, database, clock, intake, kinds, graceMs, log }: CareDeps): FileCare {
  const at = (ms = 0): Date => new Date(clock.now() + ms);
  const find = (reason: string, sql: string, ...values: unknown[]): Promise<Due[]> =>
    database.system(reason, (tx) => tx.query<Due>(sql, values));

  /** Page after page, one after the other. What fails keeps nobody else, and is tried again next time. */
  async function each(page: () => Promise<Due[]>, act: (one: Due) => Promise<boolean>): Promise<number> {
    let done = 0;
    for (;;) {
      const due = await page();
      let moved = 0;
      for (const one of due)
        try {
          if (await act(one)) moved++;
        } catch (error) {
          log?.warn(
            { err: error, tenant: one.tenant },
            'Something about files is due and could not be done; it is tried again',
          );
        }
      done += moved;
      if (due.length < CHUNK || moved === 0) return done;
    }
  }

  /** A version of a plugin that declares another retention changes it for what is kept already. */
  const applyRetention = (tx: Queryable): Promise<number[]> =>
    Promise.all(
      kinds
        .all()
        .map(({ owner, kind, retentionDays }) =>
          retentionDays === undefined
            ? tx.execute(FOREVER, [owner, kind])
            : tx.execute(RETAIN, [owner, kind, retentionDays]),
        ),
    );

  const expire = ({ tenant, id }: Due): Promise<boolean> =>
    database.withTenant({ tenant }, async (tx) => {
      await lockUsage(tx);
      const gone = await deleteFile(tx, { tenant }, id);
      if (gone) await letGo(tx, gone.sha256, gone.bytes, at());
      return gone !== undefined;
    });

  const collectOne = ({ tenant, id: digest }: Due): Promise<boolean> =>
    database.withTenant({ tenant }, async (tx) => {
      await lockUsage(tx);
      return (await collect(tx, digest, at(-graceMs), at())) !== undefined;
    });

  async function dispose(tenant: string): Promise<number> {
    let removed = 0;
    for (;;) {
      const garbage = await database.withTenant({ tenant, readOnly: true }, (tx) =>
        tx.query<Garbage>(GARBAGE, [tenant]),
      );
      for (const { object, state } of garbage) {
        await store.remove({ tenant, object }, state);
        await database.withTenant({ tenant }, (tx) => disposed(tx, object));
        removed++;
      }
      if (garbage.length < CHUNK) return removed;
    }
  }

  return {
    async tend() {
      await database.system('apply the retention of files', applyRetention);
      const expired = await each(() => find('files past their retention', EXPIRED, at()), expire);
      const completed = await each(
        () => find('whole uploads', WHOLE, at(-SETTLED_MS), at()),
        ({ tenant, id }) => intake.complete(tenant, id).then(() => true),
      );
      const ended = await each(
        () => find('uploads that were left', ENDED, at()),
        ({ tenant, id }) => intake.drop(tenant, id),
      );
      const collected = await each(() => find('contents without a file', UNREFERENCED, at(-graceMs)), collectOne);
      let removed = 0;
      for (const { tenant } of await find('objects to remove', GARBAGE_OF))
        removed += await dispose(tenant).catch((error: unknown) => {
          log?.warn({ err: error, tenant }, 'Objects could not be removed from the store; it is tried again');
          return 0;
        });
      return { expired, completed, ended, collected, removed };
    },
    dispose,
    async removeOrphans({ olderThanMs, dryRun = false }) {
      const before = at(-olderThanMs);
      let removed = 0;
      const holders = new Set((await find('tenants that keep files', HOLDERS)).map(({ tenant }) => tenant));
      for await (const page of pages(store)) {
        const [first] = page;
        if (!first) continue;
        const { tenant } = first;
        const objects = page.map(({ object }) => object);
        const known = holders.has(tenant)
          ? await database.withTenant({ tenant, readOnly: true }, (tx) => knownObjects(tx, objects))
          : new Set<string>();
        for (const { object, modifiedAt } of page) {
          if (known.has(object) || modifiedAt > before) continue;
          if (!dryRun) await store.remove({ tenant, object });
          removed++;
        }
      }
      return removed;
    },
  };

  async function knownObjects(tx: Tx, objects: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ object: string }>(KNOWN, [tx.tenant, objects]);
    return new Set(rows.map(({ object }) => object));
  }
}

/** Objects of one tenant at a time. */
async function* pages(store: Store): AsyncGenerator<readonly Stored[]> {
  let page: Stored[] = [];
  for await (const one of store.list()) {
    if (page.length >= CHUNK || (page[0] && page[0].tenant !== one.tenant)) {
      yield page;
      page = [];
    }
    page.push(one);
  }
  yield page;
}
