import type { Queryable, Tx } from '../data/index.ts';
import type { Rendered } from './render.ts';
import type { Category, Spec } from './kind.ts';

/** A message in somebody's inbox. */
export interface InboxItem {
  readonly id: string;
  readonly kind: string;
  readonly category: Category;
  readonly severity: Spec['severity'];
  readonly title: string;
  readonly body: string;
  readonly link: string | undefined;
  readonly createdAt: Date;
  readonly readAt: Date | undefined;
  readonly archivedAt: Date | undefined;
}

/** Which part of an inbox. */
export type InboxFilter = 'all' | 'unread' | 'archived';

interface ItemRow {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly category: Category;
  readonly severity: Spec['severity'];
  readonly title: string;
  readonly body: string;
  readonly link: string | null;
  readonly created_at: Date;
  readonly read_at: Date | null;
  readonly archived_at: Date | null;
}

/**
 * Every change of an inbox counts its version up under the lock of its row: a stream that knows a version misses nothing
 * that came after it. In order of people, so that two messages to many do not wait for each other in a circle.
 */
const PUT = `
with touched as (
  insert into core.inbox (tenant_id, user_id, version)
  select $1, r.user_id, 1 from json_to_recordset($2::json) as r(user_id text, language text) order by r.user_id
  on conflict (tenant_id, user_id) do update set version = inbox.version + 1 returning user_id, version
)
insert into core.inbox_item (tenant_id, user_id, id, version, kind, category, severity, title, body, link, created_at)
select $1, r.user_id, $4, touched.version, $5, $6, $7, t.title, t.body, t.link, $8
from json_to_recordset($2::json) as r(user_id text, language text)
join touched on touched.user_id = r.user_id
join json_to_recordset($3::json) as t(language text, title text, body text, link text) on t.language = r.language
on conflict do nothing`;

const TOUCH = `insert into core.inbox (tenant_id, user_id, version) values ($1, $2, 1)
  on conflict (tenant_id, user_id) do update set version = inbox.version + 1 returning version`;
const VERSION = 'select version from core.inbox where tenant_id = $1 and user_id = $2';
const COLUMNS = 'id, version, kind, category, severity, title, body, link, created_at, read_at, archived_at';
const OPEN = 'read_at is null and archived_at is null';
const FILTERS: Readonly<Record<InboxFilter, string>> = {
  all: 'archived_at is null',
  unread: OPEN,
  archived: 'archived_at is not null',
};
const list = (filter: InboxFilter): string => `select ${COLUMNS} from core.inbox_item
  where tenant_id = $1 and user_id = $2 and ${FILTERS[filter]} and ($3::uuid is null or id < $3) order by id desc limit $4`;
const UNREAD = `select count(*)::int as n from core.inbox_item where tenant_id = $1 and user_id = $2 and ${OPEN}`;
const CHANGED = `select ${COLUMNS} from core.inbox_item
  where tenant_id = $1 and user_id = $2 and version > $3 order by version, id limit $4`;
const MARK = `update core.inbox_item set version = $4,
    read_at = case when $5::boolean is null then read_at when $5 then coalesce(read_at, $7) end,
    archived_at = case when $6::boolean is null then archived_at when $6 then coalesce(archived_at, $7) end
  where tenant_id = $1 and user_id = $2 and id = $3 returning ${COLUMNS}`;
const READ_ALL = `update core.inbox_item set version = $3, read_at = $5
  where tenant_id = $1 and user_id = $2 and ${OPEN} and ($4::uuid is null or id <= $4)`;
const ARCHIVE_ALL = `update core.inbox_item set version = $3, archived_at = $5, read_at = coalesce(read_at, $5)
  where tenant_id = $1 and user_id = $2 and archived_at is null and ($4::uuid is null or id <= $4)`;
const RETIRE = `delete from core.inbox_item where (tenant_id, user_id, id) in
  (select tenant_id, user_id, id from core.inbox_item where created_at < $1 limit $2)`;

/** Puts a message into inboxes, in each reader's language. */
export async function putIntoInboxes(
  tx: Tx,
  message: { readonly id: string; readonly kind: string; readonly spec: Spec; readonly now: Date },
  readers: readonly { readonly userId: string; readonly language: string }[],
  texts: readonly Rendered[],
): Promise<void> {
  if (readers.length === 0) return;
  const { id, kind, spec, now } = message;
  const rows = readers.map(({ userId, language }) => ({ user_id: userId, language }));
  const words = texts.map(({ language, title, body, link }) => ({ language, title, body, link: link ?? null }));
  await tx.execute(
    PUT,
    [tx.tenant, JSON.stringify(rows), JSON.stringify(words), id, kind, spec.category, spec.severity, now],
    'notify.put',
  );
}

/** Newest first. */
export async function listInbox(
  tx: Tx,
  user: string,
  { filter, after, limit }: { filter: InboxFilter; after?: string | undefined; limit: number },
): Promise<InboxItem[]> {
  const rows = await tx.query<ItemRow>(list(filter), [tx.tenant, user, after ?? null, limit], `notify.list_${filter}`);
  return rows.map(toItem);
}

export async function countUnread(tx: Tx, user: string): Promise<number> {
  return (await tx.query<{ n: number }>(UNREAD, [tx.tenant, user], 'notify.unread'))[0]?.n ?? 0;
}

/** Where an inbox stands; 0 before its first message. */
export async function inboxVersion(tx: Tx, user: string): Promise<number> {
  return Number((await tx.query<{ version: string }>(VERSION, [tx.tenant, user], 'notify.version'))[0]?.version ?? 0);
}

/** What changed after a version, in order. */
export async function changedSince(
  tx: Tx,
  user: string,
  version: number,
  most: number,
): Promise<{ readonly version: number; readonly item: InboxItem }[]> {
  const rows = await tx.query<ItemRow>(CHANGED, [tx.tenant, user, version, most], 'notify.changed');
  return rows.map((row) => ({ version: Number(row.version), item: toItem(row) }));
}

const touch = async (tx: Tx, user: string): Promise<number> =>
  Number((await tx.query<{ version: string }>(TOUCH, [tx.tenant, user], 'notify.touch'))[0]?.version ?? 0);

/** Marks one message; what is not named stays as it is. */
export async function markItem(
  tx: Tx,
  user: string,
  id: string,
  { read, archived }: { readonly read?: boolean | undefined; readonly archived?: boolean | undefined },
  now: Date,
): Promise<InboxItem | undefined> {
  const version = await touch(tx, user);
  const values = [tx.tenant, user, id, version, read ?? null, archived ?? null, now];
  const [row] = await tx.query<ItemRow>(MARK, values, 'notify.mark');
  return row && toItem(row);
}

/** Marks everything up to a message, so that what came meanwhile stays unread. Returns how many changed. */
export async function markAll(
  tx: Tx,
  user: string,
  what: 'read' | 'archived',
  until: string | undefined,
  now: Date,
): Promise<number> {
  const version = await touch(tx, user);
  return tx.execute(what === 'read' ? READ_ALL : ARCHIVE_ALL, [tx.tenant, user, version, until ?? null, now]);
}

export const retireItems = (tx: Queryable, before: Date, most: number): Promise<number> =>
  tx.execute(RETIRE, [before, most]);

const toItem = (row: ItemRow): InboxItem => ({
  id: row.id,
  kind: row.kind,
  category: row.category,
  severity: row.severity,
  title: row.title,
  body: row.body,
  link: row.link ?? undefined,
  createdAt: row.created_at,
  readAt: row.read_at ?? undefined,
  archivedAt: row.archived_at ?? undefined,
});
