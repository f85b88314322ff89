import { createHash } from 'node:crypto';
import { PodliftError } from '@podlift/sdk';
import { z } from 'zod';
import { requestJob, type JobContext, type JobDefinition } from '../jobs/index.ts';
import { deferDeliveries, endDeliveries, noteAttempt, readDigest, readWaiting, type Delivery } from './deliveries.ts';
import type { NotifyDeps } from './deps.ts';
import { DELIVER_JOB, DIGEST_JOB } from './job-names.ts';
import {
  DELIVERIES_AT_ONCE,
  DELIVERY_ATTEMPTS,
  DELIVERY_BACKOFF_MS,
  MAILS_PER_PERSON,
  MAILS_PER_TENANT,
  WORKSPACE,
} from './limits.ts';
import { MailFailure, type MailDriver } from './mail/mail.ts';
import { digestOf, mailOf, pageUrl, type MailPlace } from './mail-of.ts';
import type { Reader } from './people.ts';
import { DEFAULTS, isWanted, readPreferences, type Preferences } from './preferences.ts';
import { render } from './render.ts';
import type { UnsubscribeTokens } from './unsubscribe.ts';

export interface DeliverDeps extends Pick<
  NotifyDeps,
  'config' | 'database' | 'clock' | 'log' | 'limits' | 'tenancy' | 'people' | 'events'
> {
  readonly channels: NonNullable<NotifyDeps['channels']>;
  readonly backoffMs?: number;
  readonly driver: MailDriver;
  readonly tokens: UnsubscribeTokens;
  readonly outcome: (channel: string, outcome: 'sent' | 'failed' | 'skipped' | 'retried' | 'deferred') => void;
}

const DeliverData = z.object({ ids: z.array(z.uuid()) });
const DigestData = z.object({ user: z.string(), dueAt: z.number() });
const howOf = ({ backoffMs = DELIVERY_BACKOFF_MS }: Pick<DeliverDeps, 'backoffMs'>) =>
  ({ queue: 'default', attempts: DELIVERY_ATTEMPTS, backoffMs }) as const;

/** What is known of a tenant while some of its messages leave. */
interface Surroundings {
  readonly place: MailPlace;
  readonly locale: string;
  readonly readers: ReadonlyMap<string, Reader>;
  readonly preferences: ReadonlyMap<string, Preferences>;
}

type Outcome =
  | { readonly end: 'sent' }
  | { readonly end: 'skipped' | 'failed'; readonly why: string }
  | { readonly retry: string }
  | { readonly deferMs: number; readonly why: string };

/**
 * Sends what waits. Each delivery is marked in a transaction of its own, right after the other side took it: a process that dies
 * in between sends that one again, with the same Message-ID. One that fails does not hold up the others.
 */
export const createDeliverJob = (deps: DeliverDeps): JobDefinition => ({
  name: DELIVER_JOB,
  ...howOf(deps),
  async run(data, context) {
    const { ids } = DeliverData.parse(data);
    const { tenant } = context;
    const waiting = await deps.database.withTenant({ tenant, readOnly: true }, (tx) => readWaiting(tx, ids));
    const around = await lookAround(deps, tenant, waiting);
    if (!around) return skipAll(deps, tenant, waiting, 'The workspace is closed.');
    const left = [...waiting];
    const deferred: Delivery[] = [];
    let deferMs = 0;
    let failed: string | undefined;
    const work = async (): Promise<void> => {
      for (let one = left.shift(); one; one = left.shift()) {
        context.signal.throwIfAborted();
        const outcome = await attempt(deps, around, one, context);
        if ('deferMs' in outcome) {
          deferred.push(one);
          deferMs = Math.max(deferMs, outcome.deferMs);
        } else if ('retry' in outcome) failed = outcome.retry;
        await note(deps, tenant, one, outcome, context);
      }
    };
    await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, work));
    if (deferred.length > 0) await postpone(deps, tenant, deferred, deferMs);
    if (failed !== undefined && context.attempt < DELIVERY_ATTEMPTS) throw new Error(failed);
  },
});

/** Sends somebody's day in one mail. */
export const createDigestJob = (deps: DeliverDeps): JobDefinition => ({
  name: DIGEST_JOB,
  ...howOf(deps),
  async run(data, context) {
    const { user } = DigestData.parse(data);
    const { tenant, id } = context;
    const { database, clock, driver } = deps;
    const found = await database.withTenant({ tenant, readOnly: true }, (tx) => readDigest(tx, user, clock.now()));
    if (found.length === 0) return;
    const around = await lookAround(deps, tenant, found);
    const reader = around?.readers.get(user);
    if (!around || !reader) return skipAll(deps, tenant, found, NOBODY);
    const chosen = around.preferences.get(user) ?? DEFAULTS;
    const wanted = found.filter(({ spec }) => isWanted(spec, 'mail', chosen));
    const unwanted = found.filter((one) => !wanted.includes(one));
    if (unwanted.length > 0) await skipAll(deps, tenant, unwanted, UNWANTED);
    if (wanted.length === 0) return;
    try {
      await driver.send(await digestOf(around.place, id, wanted, reader, languagesOf(around, user)));
    } catch (error) {
      const outcome = toOutcome(error, context.attempt);
      if ('retry' in outcome) throw error;
      for (const one of wanted) await note(deps, tenant, one, outcome, context);
      return;
    }
    const ids = wanted.map((one) => one.id);
    await database.withTenant({ tenant }, (tx) => endDeliveries(tx, ids, 'sent', undefined, clock.now()));
    deps.outcome('mail', 'sent');
  },
});

const NOBODY = 'This person does not belong to the workspace any more.';
const UNWANTED = 'This person switched such messages off.';

async function lookAround(
  { config, database, tenancy, people, tokens }: DeliverDeps,
  tenant: string,
  deliveries: readonly Delivery[],
): Promise<Surroundings | undefined> {
  const known = await tenancy.byId(tenant);
  if (!known || known.status !== 'active') return undefined;
  const users = [...new Set([WORKSPACE, ...deliveries.map(({ userId }) => userId)])];
  const [readers, { value: settings }, preferences] = await Promise.all([
    people.readers(tenant),
    tenancy.settings.get(tenant),
    database.withTenant({ tenant, readOnly: true }, (tx) => readPreferences(tx, users)),
  ]);
  return {
    place: { config, tenant: known, tokens },
    locale: settings.locale,
    readers: new Map(readers.map((reader) => [reader.userId, reader])),
    preferences,
  };
}

const languagesOf = ({ preferences, locale }: Surroundings, user: string): string[] => [
  preferences.get(user)?.language ?? locale,
  locale,
];

/** Tries one delivery. Never throws. */
async function attempt(
  deps: DeliverDeps,
  around: Surroundings,
  delivery: Delivery,
  context: JobContext,
): Promise<Outcome> {
  const { channel, userId, spec } = delivery;
  const reader = around.readers.get(userId);
  if (userId !== WORKSPACE && !reader) return { end: 'skipped', why: NOBODY };
  if (!isWanted(spec, channel, around.preferences.get(userId) ?? DEFAULTS)) return { end: 'skipped', why: UNWANTED };
  try {
    if (channel === 'mail') {
      if (!reader) return { end: 'skipped', why: NOBODY };
      const full = spec.category === 'security' ? undefined : await fullUntil(deps, context.tenant, reader.email);
      if (full !== undefined)
        return { deferMs: full, why: 'So many mails left already; it waits for the next window.' };
      await deps.driver.send(await mailOf(around.place, delivery, reader, languagesOf(around, userId)));
    } else await deliverBy(deps, around, delivery, reader, context);
    return { end: 'sent' };
  } catch (error) {
    return toOutcome(error, context.attempt);
  }
}

async function deliverBy(
  { channels }: DeliverDeps,
  around: Surroundings,
  { id, kind, channel, userId, spec, data }: Delivery,
  reader: Reader | undefined,
  context: JobContext,
): Promise<void> {
  const { language, title, body, link } = render(spec, data, ...languagesOf(around, userId));
  await channels.deliver(context.tenant, channel, {
    id,
    kind,
    category: spec.category,
    severity: spec.severity,
    title,
    text: body,
    url: link === undefined ? null : pageUrl(around.place, link),
    language,
    to: reader ? { userId, email: reader.email, name: reader.name } : null,
    attempt: context.attempt,
  });
}

/** Milliseconds until there is room for one more mail of the tenant to this person; undefined when there is room now. */
async function fullUntil({ limits }: DeliverDeps, tenant: string, email: string): Promise<number | undefined> {
  const who = createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 32);
  const person = await limits.take(`notify:person:${who}`, MAILS_PER_PERSON);
  if (!person.allowed) return person.resetSeconds * 1000;
  const whole = await limits.take(`notify:tenant:${tenant}`, MAILS_PER_TENANT);
  return whole.allowed ? undefined : whole.resetSeconds * 1000;
}

/** What a failure means: final, to be tried again, or given up after the last attempt. */
function toOutcome(error: unknown, tries: number): Outcome {
  const why = error instanceof Error ? error.message : String(error);
  const final =
    error instanceof MailFailure ? error.permanent : error instanceof PodliftError && error.kind === 'invalid';
  if (final) return { end: 'failed', why };
  if (tries >= DELIVERY_ATTEMPTS) return { end: 'failed', why: `Given up after ${tries} attempts: ${why}` };
  return { retry: why };
}

async function note(
  { database, clock, log, outcome: count }: DeliverDeps,
  tenant: string,
  { id, channel, kind }: Delivery,
  outcome: Outcome,
  { attempt: tries }: JobContext,
): Promise<void> {
  if ('deferMs' in outcome) return count(channel, 'deferred');
  await database.withTenant({ tenant }, async (tx) => {
    if ('retry' in outcome) await noteAttempt(tx, id, outcome.retry);
    else await endDeliveries(tx, [id], outcome.end, 'why' in outcome ? outcome.why : undefined, clock.now());
  });
  if ('retry' in outcome) return count(channel, 'retried');
  count(channel, outcome.end);
  if (outcome.end === 'failed')
    log.warn({ tenant, delivery: id, kind, channel, tries, why: outcome.why }, 'A message was not delivered');
}

async function skipAll(
  { database, clock, outcome }: DeliverDeps,
  tenant: string,
  deliveries: readonly Delivery[],
  why: string,
): Promise<void> {
  const ids = deliveries.map(({ id }) => id);
  await database.withTenant({ tenant }, (tx) => endDeliveries(tx, ids, 'skipped', why, clock.now()));
  for (const { channel } of deliveries) outcome(channel, 'skipped');
}

/** What found no room leaves with a job of its own, so that waiting counts as no attempt. */
async function postpone(
  { database, clock, events }: DeliverDeps,
  tenant: string,
  deliveries: readonly Delivery[],
  delayMs: number,
): Promise<void> {
  const ids = deliveries.map(({ id }) => id);
  const now = clock.now();
  await database.withTenant({ tenant }, async (tx) => {
    await deferDeliveries(tx, ids, now + delayMs, 'So many mails left already; it waits for the next window.');
    await requestJob(tx, { name: DELIVER_JOB, data: { ids }, delayMs }, now);
  });
  events.wake();
}
