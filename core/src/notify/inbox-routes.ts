import { z } from '@hono/zod-openapi';
import { coreRoute, json, jsonBody, streamEvents, tenantOf, type CoreRoute, type Principal } from '../http/index.ts';
import type { Clock } from '../config/index.ts';
import type { Database } from '../data/index.ts';
import { NotifyError } from './errors.ts';
import type { InboxFeed } from './feed.ts';
import { countUnread, listInbox, markAll, markItem, type InboxItem } from './inbox.ts';
import { CATEGORIES } from './kind.ts';

const TAGS = ['Inbox'];
const instant = z.iso.datetime().nullable();
const Item = z
  .object({
    id: z.uuid(),
    kind: z.string().describe('`<plugin>/<name>`, or `core/<name>`.'),
    category: z.enum(CATEGORIES),
    severity: z.enum(['info', 'warning', 'critical']),
    title: z.string(),
    body: z.string().describe('Plain text; an empty line begins a paragraph.'),
    link: z.string().nullable().describe('A page of this installation.'),
    createdAt: z.iso.datetime(),
    readAt: instant,
    archivedAt: instant,
  })
  .openapi('InboxItem');
const Page = z.object({ items: z.array(Item), next: z.uuid().nullable(), unread: z.int() }).openapi('InboxPage');
const Unread = z.object({ unread: z.int() }).openapi('UnreadCount');
const Marked = z.object({ changed: z.int(), unread: z.int() }).openapi('InboxMarked');
const params = z.object({ id: z.uuid().openapi({ param: { name: 'id', in: 'path' } }) });
const Until = z.strictObject({
  until: z.uuid().optional().describe('The newest message that was seen; what came later stays as it is.'),
});
const EXAMPLE: z.input<typeof Item> = {
  id: '019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4f',
  kind: 'acme.feeds/import-failed',
  category: 'problems',
  severity: 'warning',
  title: 'The import of Deep Dive failed',
  body: 'The feed answered 404.',
  link: '/shows/019a5f2e-7c1a-7d33-9a51-6f0a3c1b2d4e',
  createdAt: '2026-11-24T20:00:00.000Z',
  readAt: null,
  archivedAt: null,
};
/** The inbox belongs to a person in a tenant; no role can take it away. */
const OWN = { permission: 'signed-in', tenant: 'required', tags: TAGS, acts: 'none' } as const;

export interface InboxRouteDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly feed: InboxFeed;
}

export const toItemJson = (item: InboxItem): z.input<typeof Item> => ({
  id: item.id,
  kind: item.kind,
  category: item.category,
  severity: item.severity,
  title: item.title,
  body: item.body,
  link: item.link ?? null,
  createdAt: item.createdAt.toISOString(),
  readAt: item.readAt?.toISOString() ?? null,
  archivedAt: item.archivedAt?.toISOString() ?? null,
});

/** The person whose inbox it is. */
export function personOf({ actor }: Principal): string {
  if (actor.kind !== 'user') throw NotifyError.peopleOnly();
  return actor.id;
}

/** A person's messages in a tenant. */
export function inboxRoutes({ database, clock, feed }: InboxRouteDeps): CoreRoute[] {
  const mark = (what: 'read' | 'archived', path: string, summary: string): CoreRoute =>
    coreRoute(
      {
        ...OWN,
        method: 'post',
        path,
        summary,
        request: { body: jsonBody(Until) },
        responses: { 200: json(Marked, 'How many messages changed, and how many are unread now.') },
        examples: { body: { until: EXAMPLE.id }, response: { changed: 3, unread: 0 } },
      },
      async (c) => {
        const user = personOf(c.var.principal);
        const tenant = tenantOf(c.var.principal);
        const { until } = c.req.valid('json');
        const marked = await database.withTenant({ tenant }, async (tx) => ({
          changed: await markAll(tx, user, what, until, new Date(clock.now())),
          unread: await countUnread(tx, user),
        }));
        feed.changed(tenant, [user]);
        return c.json(marked, 200);
      },
    );

  return [
    coreRoute(
      {
        ...OWN,
        method: 'get',
        path: '/api/v1/inbox',
        summary: 'List your messages',
        request: {
          query: z.object({
            filter: z.enum(['all', 'unread', 'archived']).default('all'),
            cursor: z.uuid().optional(),
            limit: z.coerce.number().int().min(1).max(200).default(50),
          }),
        },
        responses: { 200: json(Page, 'Newest first; `all` leaves out what was archived.') },
        examples: { response: { items: [EXAMPLE], next: null, unread: 1 } },
      },
      async (c) => {
        const user = personOf(c.var.principal);
        const { filter, cursor, limit } = c.req.valid('query');
        const { items, unread } = await database.withTenant(
          { tenant: tenantOf(c.var.principal), readOnly: true },
          async (tx) => ({
            items: await listInbox(tx, user, { filter, after: cursor, limit: limit + 1 }),
            unread: await countUnread(tx, user),
          }),
        );
        const shown = items.slice(0, limit);
        const next = items.length > limit ? (shown.at(-1)?.id ?? null) : null;
        return c.json({ items: shown.map(toItemJson), next, unread }, 200);
      },
    ),
    coreRoute(
      {
        ...OWN,
        method: 'get',
        path: '/api/v1/inbox/unread',
        summary: 'Count your unread messages',
        responses: { 200: json(Unread, 'Unread and not archived.') },
        examples: { response: { unread: 3 } },
      },
      async (c) => {
        const user = personOf(c.var.principal);
        const tenant = tenantOf(c.var.principal);
        const unread = await database.withTenant({ tenant, readOnly: true }, (tx) => countUnread(tx, user));
        return c.json({ unread }, 200);
      },
    ),
    coreRoute(
      {
        ...OWN,
        method: 'get',
        path: '/api/v1/inbox/stream',
        summary: 'Follow your messages',
        description:
          'Server-sent events: `unread` with the count, `item` with a message that is new or changed, `refresh` when so much changed that the list is better read again. Resumes with Last-Event-ID.',
        responses: {
          200: { description: 'Stays open.', content: { 'text/event-stream': { schema: z.string() } } },
        },
      },
      (c) => {
        const user = personOf(c.var.principal);
        const tenant = tenantOf(c.var.principal);
        return streamEvents(c, { source: (after, signal) => feed.follow(tenant, user, after, signal) });
      },
    ),
    mark('read', '/api/v1/inbox/read-all', 'Mark your messages as read'),
    mark('archived', '/api/v1/inbox/archive-all', 'Archive your messages'),
    coreRoute(
      {
        ...OWN,
        method: 'patch',
        path: '/api/v1/inbox/{id}',
        summary: 'Mark a message as read, unread, archived or not',
        request: {
          params,
          body: jsonBody(z.strictObject({ read: z.boolean().optional(), archived: z.boolean().optional() })),
        },
        responses: { 200: json(Item, 'The message.') },
        examples: { body: { read: true }, response: { ...EXAMPLE, readAt: '2026-11-24T20:05:00.000Z' } },
      },
      async (c) => {
        const user = personOf(c.var.principal);
        const tenant = tenantOf(c.var.principal);
        const item = await database.withTenant({ tenant }, (tx) =>
          markItem(tx, user, c.req.valid('param').id, c.req.valid('json'), new Date(clock.now())),
        );
        if (!item) throw NotifyError.unknownItem();
        feed.changed(tenant, [user]);
        return c.json(toItemJson(item), 200);
      },
    ),
  ];
}
