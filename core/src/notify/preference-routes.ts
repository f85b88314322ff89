import { z } from '@hono/zod-openapi';
import type { Audit } from '../audit/index.ts';
import type { Database } from '../data/index.ts';
import { coreRoute, json, jsonBody, tenantOf, type CoreRoute } from '../http/index.ts';
import type { Channels } from './channels.ts';
import { NotifyError } from './errors.ts';
import { personOf } from './inbox-routes.ts';
import { CATEGORIES } from './kind.ts';
import { WORKSPACE } from './limits.ts';
import { readPreferences, savePreferences, DEFAULTS, type Preferences } from './preferences.ts';
import { isTimeZone } from '../tenancy/index.ts';

const TAGS = ['Inbox'];
const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Is not a time like 22:00.');
const Choice = z.object({
  category: z.enum(CATEGORIES),
  channel: z.string().max(100),
  enabled: z.boolean(),
});
const language = z.string().refine(isLanguage, 'Is not a language tag of BCP 47, like de-AT.');
const timeZone = z.string().max(100).refine(isTimeZone, 'Is not a time zone of the IANA list, like Europe/Berlin.');
const Wanted = z
  .strictObject({
    language: language.nullable().default(null).describe('The workspace’s when null.'),
    timeZone: timeZone.nullable().default(null).describe('The workspace’s when null.'),
    quietHours: z
      .strictObject({ from: Time, to: Time })
      .nullable()
      .default(null)
      .describe('Mails wait until they end, except critical ones. They may go over midnight.'),
    digest: z
      .strictObject({ enabled: z.boolean(), hour: z.int().min(0).max(23) })
      .default({ enabled: DEFAULTS.digest, hour: DEFAULTS.digestHour })
      .describe('Mails about what does not hurry come together, once a day.'),
    choices: z
      .array(Choice.strict())
      .max(200)
      .default([])
      .describe('What is not named here is as each message’s kind says.'),
  })
  .openapi('NotificationPreferencesInput');
const ChannelJson = z.object({ id: z.string(), title: z.string(), reach: z.enum(['person', 'workspace']) });
const Shown = z
  .object({
    language: z.string().nullable(),
    timeZone: z.string().nullable(),
    quietHours: z.object({ from: Time, to: Time }).nullable(),
    digest: z.object({ enabled: z.boolean(), hour: z.int() }),
    choices: z.array(Choice),
    categories: z.array(z.object({ id: z.enum(CATEGORIES), mandatory: z.boolean() })),
    channels: z.array(ChannelJson),
  })
  .openapi('NotificationPreferences');
const WorkspaceWanted = z.strictObject({ choices: z.array(Choice.strict()).max(200) });
const WorkspaceShown = z
  .object({ choices: z.array(Choice), channels: z.array(ChannelJson) })
  .openapi('WorkspaceNotificationPreferences');

const EXAMPLE: z.input<typeof Shown> = {
  language: 'de',
  timeZone: 'Europe/Berlin',
  quietHours: { from: '22:00', to: '07:00' },
  digest: { enabled: true, hour: 8 },
  choices: [{ category: 'results', channel: 'mail', enabled: true }],
  categories: CATEGORIES.map((id) => ({ id, mandatory: id === 'security' })),
  channels: [
    { id: 'inbox', title: 'Inbox', reach: 'person' },
    { id: 'mail', title: 'E-mail', reach: 'person' },
  ],
};

export interface PreferenceRouteDeps {
  readonly database: Database;
  readonly channels: Channels;
  readonly mails: boolean;
  readonly audit: Pick<Audit, 'record'>;
}

/** What reaches a person, by which way and when; and what a whole workspace gets. */
export function preferenceRoutes({ database, channels, mails, audit }: PreferenceRouteDeps): CoreRoute[] {
  const channelsOf = async (tenant: string): Promise<z.input<typeof ChannelJson>[]> => [
    { id: 'inbox', title: 'Inbox', reach: 'person' },
    ...(mails ? [{ id: 'mail', title: 'E-mail', reach: 'person' } as const] : []),
    ...(await channels.list(tenant)).map(({ id, title, reach }) => ({ id, title, reach })),
  ];
  const read = async (tenant: string, user: string): Promise<Preferences> =>
    (await database.withTenant({ tenant, readOnly: true }, (tx) => readPreferences(tx, [user]))).get(user) ?? DEFAULTS;
  const assertChoices = async (
    tenant: string,
    choices: readonly z.output<typeof Choice>[],
    reach: 'person' | 'workspace',
  ): Promise<void> => {
    const known = new Set((await channelsOf(tenant)).filter((one) => one.reach === reach).map(({ id }) => id));
    for (const { category, channel, enabled } of choices) {
      if (!known.has(channel)) throw NotifyError.unknownChannel(channel);
      if (category === 'security' && !enabled) throw NotifyError.mandatory(category);
    }
  };
  const show = async (tenant: string, user: string): Promise<z.input<typeof Shown>> => {
    const { choices, digest, digestHour, quiet, ...own } = await read(tenant, user);
    return {
      language: own.language ?? null,
      timeZone: own.timeZone ?? null,
      quietHours: quiet ? { from: toTime(quiet.from), to: toTime(quiet.to) } : null,
      digest: { enabled: digest, hour: digestHour },
      choices: [...choices],
      categories: CATEGORIES.map((id) => ({ id, mandatory: id === 'security' })),
      channels: (await channelsOf(tenant)).filter(({ reach }) => reach === 'person'),
    };
  };
  const showWorkspace = async (tenant: string): Promise<z.input<typeof WorkspaceShown>> => ({
    choices: [...(await read(tenant, WORKSPACE)).choices],
    channels: (await channelsOf(tenant)).filter(({ reach }) => reach === 'workspace'),
  });

  return [
    coreRoute(
      {
        tags: TAGS,
        method: 'get',
        path: '/api/v1/notification-preferences',
        permission: 'signed-in',
        tenant: 'required',
        summary: 'Read what reaches you',
        responses: { 200: json(Shown, 'Your choices in this workspace, and what there is to choose.') },
        examples: { response: EXAMPLE },
      },
      async (c) => c.json(await show(tenantOf(c.var.principal), personOf(c.var.principal)), 200),
    ),
    coreRoute(
      {
        tags: TAGS,
        method: 'put',
        path: '/api/v1/notification-preferences',
        permission: 'signed-in',
        // Their own business.
        acts: 'none',
        tenant: 'required',
        summary: 'Choose what reaches you',
        request: { body: jsonBody(Wanted) },
        responses: { 200: json(Shown, 'Your choices.') },
        examples: {
          body: { language: 'de', choices: [{ category: 'results', channel: 'mail', enabled: true }] },
          response: EXAMPLE,
        },
      },
      async (c) => {
        const tenant = tenantOf(c.var.principal);
        const user = personOf(c.var.principal);
        const wanted = c.req.valid('json');
        await assertChoices(tenant, wanted.choices, 'person');
        await database.withTenant({ tenant }, (tx) =>
          savePreferences(tx, user, {
            language: wanted.language ?? undefined,
            timeZone: wanted.timeZone ?? undefined,
            quiet: wanted.quietHours
              ? { from: toMinutes(wanted.quietHours.from), to: toMinutes(wanted.quietHours.to) }
              : undefined,
            digest: wanted.digest.enabled,
            digestHour: wanted.digest.hour,
            choices: wanted.choices,
          }),
        );
        return c.json(await show(tenant, user), 200);
      },
    ),
    coreRoute(
      {
        tags: TAGS,
        method: 'get',
        path: '/api/v1/notification-preferences/workspace',
        permission: 'settings:read',
        summary: 'Read what the workspace’s own channels get',
        responses: { 200: json(WorkspaceShown, 'Channels that many read, such as a room of a chat.') },
        examples: { response: { choices: [], channels: [] } },
      },
      async (c) => c.json(await showWorkspace(tenantOf(c.var.principal)), 200),
    ),
    coreRoute(
      {
        tags: TAGS,
        method: 'put',
        path: '/api/v1/notification-preferences/workspace',
        permission: 'settings:update',
        summary: 'Choose what the workspace’s own channels get',
        request: { body: jsonBody(WorkspaceWanted) },
        responses: { 200: json(WorkspaceShown, 'The choices.') },
        examples: { body: { choices: [] }, response: { choices: [], channels: [] } },
      },
      async (c) => {
        const { principal } = c.var;
        const tenant = tenantOf(principal);
        const { choices } = c.req.valid('json');
        await assertChoices(tenant, choices, 'workspace');
        await database.withTenant({ tenant }, async (tx) => {
          await savePreferences(tx, WORKSPACE, { ...DEFAULTS, choices });
          await audit.record(tx, {
            tenant,
            actor: principal.actor,
            action: 'notifications.workspace_changed',
            target: `tenant:${tenant}`,
            details: { choices },
          });
        });
        return c.json(await showWorkspace(tenant), 200);
      },
    ),
  ];
}

const toTime = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const toMinutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function isLanguage(tag: string): boolean {
  try {
    return tag.length <= 35 && Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
