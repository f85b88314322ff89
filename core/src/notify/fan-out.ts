import type { NotificationValue } from '@podlift/sdk';
import type { Tx } from '../data/index.ts';
import type { Subscriber } from '../events/index.ts';
import { requestJobs } from '../jobs/index.ts';
import type { Channel } from './channels.ts';
import { addDeliveries, type NewDelivery } from './deliveries.ts';
import type { NotifyDeps } from './deps.ts';
import { putIntoInboxes } from './inbox.ts';
import { DELIVER_JOB, DIGEST_JOB, digestKey } from './job-names.ts';
import { Spec } from './kind.ts';
import { DELIVERIES_PER_JOB, NOTIFICATION_REQUESTED, WORKSPACE } from './limits.ts';
import { recipientsOf, type Reader } from './people.ts';
import { DEFAULTS, isWanted, readPreferences, type Preferences } from './preferences.ts';
import { languageOf, render } from './render.ts';
import { NotificationRequested, Recipients } from './request.ts';
import { departureOf } from './schedule.ts';

export interface FanOutDeps extends Pick<NotifyDeps, 'database' | 'clock' | 'access' | 'tenancy' | 'people'> {
  readonly channels: NonNullable<NotifyDeps['channels']>;
  /** Whether mails leave this installation at all. */
  readonly mails: boolean;
  /** Called after commit: these inboxes changed. */
  readonly changed: (tenant: string, users: readonly string[]) => void;
}

interface NotificationRow {
  readonly kind: string;
  readonly spec: unknown;
  readonly recipients: unknown;
  readonly data: Readonly<Record<string, NotificationValue>>;
}

const READ = 'select kind, spec, recipients, data from core.notification where tenant_id = $1 and id = $2';

/** What a message means for one reader. */
interface Addressed {
  readonly reader: Reader;
  readonly preferences: Preferences;
  readonly language: string;
}

/**
 * Brings a message to its readers: into inboxes, and on its way by mail and other channels. All of it, the jobs that send and
 * the place of this subscriber commit together, so nobody gets a message twice into the inbox, and none is lost.
 */
export const createFanOut = (deps: FanOutDeps): Subscriber => ({
  id: 'core/notify',
  types: [NOTIFICATION_REQUESTED],
  mode: 'each',
  from: 'earliest',
  // Nobody gets a message twice.
  replay: 'refuse',
  async deliver({ tenant, events, advance }) {
    const { database, people, tenancy, channels, changed } = deps;
    const [readers, { value: settings }, contributed] = await Promise.all([
      people.readers(tenant),
      tenancy.settings.get(tenant),
      channels.list(tenant),
    ]);
    const users: string[] = [];
    await database.withTenant({ tenant }, async (tx) => {
      for (const { payload } of events) {
        const { id } = NotificationRequested.parse(payload);
        users.push(...(await fanOut(deps, tx, id, readers, settings, contributed)));
      }
      await advance(tx);
    });
    changed(tenant, users);
  },
});

/** Writes one message to everybody it is for. Returns whose inboxes have it. */
async function fanOut(
  deps: FanOutDeps,
  tx: Tx,
  id: string,
  readers: readonly Reader[],
  { locale, timeZone }: { readonly locale: string; readonly timeZone: string },
  contributed: readonly Channel[],
): Promise<string[]> {
  const [row] = await tx.query<NotificationRow>(READ, [tx.tenant, id], 'notify.read');
  // Its time was over before it was delivered.
  if (!row) return [];
  const now = deps.clock.now();
  const spec = Spec.parse(row.spec);
  const to = recipientsOf(Recipients.parse(row.recipients), readers, deps.access);
  const decided = await readPreferences(tx, [WORKSPACE, ...to.map(({ userId }) => userId)]);
  const addressed = to.map((reader): Addressed => {
    const preferences = decided.get(reader.userId) ?? DEFAULTS;
    const wanted = [preferences.language ?? locale, locale];
    return { reader, preferences, language: languageOf(spec.title, wanted) };
  });
  const inInbox = addressed.filter(({ preferences }) => isWanted(spec, 'inbox', preferences));
  const texts = [...new Set(inInbox.map(({ language }) => language))].map((language) => ({
    ...render(spec, row.data, language),
    language,
  }));
  await putIntoInboxes(
    tx,
    { id, kind: row.kind, spec, now: new Date(now) },
    inInbox.map(({ reader, language }) => ({ userId: reader.userId, language })),
    texts,
  );
  const mails = deps.mails ? addressed.flatMap((one) => mailFor(spec, one, timeZone, now)) : [];
  const others = contributed.flatMap((channel) => othersFor(spec, channel, addressed, decided.get(WORKSPACE), now));
  await send(tx, await addDeliveries(tx, id, [...mails, ...others], now), now);
  return inInbox.map(({ reader }) => reader.userId);
}

function mailFor(spec: Spec, { reader, preferences }: Addressed, timeZone: string, now: number): NewDelivery[] {
  if (!reader.verified || !isWanted(spec, 'mail', preferences)) return [];
  const { how, at } = departureOf(spec, preferences, preferences.timeZone ?? timeZone, now);
  return [{ userId: reader.userId, channel: 'mail', state: how === 'digest' ? 'digest' : 'waiting', dueAt: at }];
}

function othersFor(
  spec: Spec,
  { id: channel, reach }: Channel,
  addressed: readonly Addressed[],
  workspace: Preferences = DEFAULTS,
  now: number,
): NewDelivery[] {
  const way = { channel, state: 'waiting', dueAt: now } as const;
  if (reach === 'workspace')
    return addressed.length > 0 && isWanted(spec, channel, workspace) ? [{ ...way, userId: WORKSPACE }] : [];
  return addressed
    .filter(({ preferences }) => isWanted(spec, channel, preferences))
    .map(({ reader }) => ({ ...way, userId: reader.userId }));
}

/** Asks for the jobs that send: a few dozen deliveries each, and one digest per person and day. */
async function send(tx: Tx, added: readonly (NewDelivery & { readonly id: string })[], now: number): Promise<void> {
  const alone = Map.groupBy(
    added.filter(({ state }) => state === 'waiting'),
    ({ dueAt }) => dueAt,
  );
  const jobs = [...alone].flatMap(([dueAt, group]) =>
    chunks(group, DELIVERIES_PER_JOB).map((chunk) => ({
      name: DELIVER_JOB,
      data: { ids: chunk.map(({ id }) => id) },
      delayMs: Math.max(0, dueAt - now),
    })),
  );
  const digests = added
    .filter(({ state }) => state === 'digest')
    .map(({ userId, dueAt }) => ({
      name: DIGEST_JOB,
      data: { user: userId, dueAt },
      key: digestKey(userId, dueAt),
      delayMs: Math.max(0, dueAt - now),
    }));
  await requestJobs(tx, [...jobs, ...digests], now);
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let at = 0; at < items.length; at += size) all.push(items.slice(at, at + size));
  return all;
}
