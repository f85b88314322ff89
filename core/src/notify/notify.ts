import { translate, uuidv7 } from '@podlift/sdk';
import type { Queryable } from '../data/index.ts';
import { NO_CHANNELS, type Channels } from './channels.ts';
import { createDeliverJob, createDigestJob } from './deliver.ts';
import { listDeliveries, retireMessages, STATES, type DeliveryRecord } from './deliveries.ts';
import type { NotifyDeps } from './deps.ts';
import { createFanOut } from './fan-out.ts';
import { createInboxFeed, type InboxFeed } from './feed.ts';
import { retireItems } from './inbox.ts';
import { toItemJson } from './inbox-routes.ts';
import { LETTERS } from './letter-words.ts';
import { createLetters, type Letters } from './letters.ts';
import { NOTIFICATION_RETENTION_DAYS } from './limits.ts';
import { parseSender, type Sender } from './mail/address.ts';
import { compose, messageIdOf } from './mail/compose.ts';
import { createMailbox, type Mailbox } from './mail/mailbox.ts';
import type { MailDriver } from './mail/mail.ts';
import { createNoMail } from './mail/none.ts';
import { createSmtpDriver } from './mail/smtp.ts';
import { mailHost } from './mail-of.ts';
import { NotifyError } from './errors.ts';
import { say } from './words.ts';
import { createUnsubscribeTokens, type UnsubscribeTokens } from './unsubscribe.ts';

/** Messages to people: into inboxes, by mail, by channels of plugins. */
export interface Notify {
  readonly driver: MailDriver;
  /** Mails that were kept instead of sent; undefined where they leave, and in production. */
  readonly mailbox: Mailbox | undefined;
  readonly letters: Letters;
  readonly feed: InboxFeed;
  readonly channels: Channels;
  readonly tokens: UnsubscribeTokens;
  /** Sends a mail to somebody now, past every queue; returns what the other side said. @throws PodliftError `notify.not_sent` */
  sendTest(address: string): Promise<{ readonly messageId: string; readonly answer: string }>;
  /** A tenant's deliveries of a state, newest first. */
  deliveries(tenant: string, state: string): Promise<DeliveryRecord[]>;
  /** Tells those who run the installation that a plugin is down: once a day for each reason. */
  tellOperators(plugin: string, reason: string): Promise<void>;
  /** Begins to bring messages to people: on nodes that work. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Removes everything that is kept about a person, in every tenant; returns how many rows. */
  forget(userId: string): Promise<number>;
  /** Removes what is past its time; returns how many rows. Run it daily. */
  retire(): Promise<number>;
}

const DAY_MS = 86_400_000;
const LETTER_DAYS = 7;
const CHUNK = 5000;
const RETIRE_LETTERS = 'delete from core.letter where created_at < $1';
const FORGET = ['inbox_item', 'inbox', 'notify_delivery', 'notify_preference', 'notify_profile'];

export function createNotify(deps: NotifyDeps): Notify {
  const { config, database, clock, events, jobs, people, metrics, health } = deps;
  const channels = deps.channels ?? NO_CHANNELS;
  const from = senderOf(config);
  const mailbox =
    !config.smtpUrl && config.mode !== 'production' ? createMailbox({ database, clock, from }) : undefined;
  const driver =
    deps.driver ??
    (config.smtpUrl ? createSmtpDriver({ url: config.smtpUrl, from }) : (mailbox?.driver ?? createNoMail(from)));
  const [driverInUse, lastFailure] = watched(driver);
  const tokens = createUnsubscribeTokens([config.masterKey, ...config.oldMasterKeys]);
  const counter = metrics?.counter('podlift.notify.deliveries', {
    about: 'Messages that left, by channel, and how it went',
    labels: ['channel', 'outcome'],
  });
  const outcome = (channel: string, how: string): void => counter?.add(1, { channel, outcome: how });
  const feed = createInboxFeed({ database, toJson: toItemJson });
  const letters = createLetters({
    ...pick(deps),
    ...(deps.sealer && { sealer: deps.sealer }),
    driver: driverInUse,
    outcome,
  });
  const { backoffMs } = deps;
  const pace = backoffMs === undefined ? {} : { backoffMs };
  const delivering = { ...pick(deps), ...pace, channels, driver: driverInUse, tokens, outcome };
  health?.add('mail', async () => mailHealth(driver.kind, lastFailure()), { required: false });

  return {
    driver: driverInUse,
    mailbox,
    letters,
    feed,
    channels,
    tokens,
    async sendTest(address) {
      const { subject, body } = LETTERS.test;
      const host = mailHost(config);
      const mail = await compose(
        messageIdOf(uuidv7(), address, host),
        { address },
        {
          language: 'en',
          subject: translate(subject),
          body: translate(body).replace('{host}', host),
          foot: say('operatorFoot', 'en'),
        },
      );
      try {
        return { messageId: mail.messageId, answer: await driver.send(mail) };
      } catch (error) {
        throw NotifyError.notSent(error instanceof Error ? error.message : String(error));
      }
    },
    async deliveries(tenant, state) {
      const wanted = STATES.find((one) => one === state);
      if (!wanted) throw NotifyError.unknownState(state, STATES);
      return database.withTenant({ tenant, readOnly: true }, (tx) => listDeliveries(tx, { state: wanted, limit: 200 }));
    },
    async tellOperators(plugin, reason) {
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      for (const { email, name } of await people.operators())
        await letters.send({
          kind: 'plugin-degraded',
          to: { address: email, name },
          values: { plugin, reason: reason.slice(0, 1000) },
          key: `plugin-degraded:${plugin}:${day}:${email}`,
        });
    },
    async start() {
      await jobs.define(createDeliverJob(delivering));
      await jobs.define(createDigestJob(delivering));
      const mails = driver.kind !== 'none';
      await events.register(
        createFanOut({ ...pick(deps), channels, mails, changed: (tenant, users) => feed.changed(tenant, users) }),
      );
      letters.start();
    },
    async stop() {
      feed.stop();
      await letters.stop();
      await driver.close();
    },
    forget: (userId) =>
      database.system('forget a person’s messages', async (tx) => {
        let gone = 0;
        for (const table of FORGET) gone += await tx.execute(`delete from core.${table} where user_id = $1`, [userId]);
        return gone;
      }),
    async retire() {
      const before = new Date(clock.now() - NOTIFICATION_RETENTION_DAYS * DAY_MS);
      await database.query(RETIRE_LETTERS, [new Date(clock.now() - LETTER_DAYS * DAY_MS)]);
      const sweep = async (tx: Queryable): Promise<number> =>
        (await retireItems(tx, before, CHUNK)) + (await retireMessages(tx, before, CHUNK));
      for (let total = 0; ;) {
        const gone = await database.system('remove messages past their time', sweep);
        total += gone;
        if (gone === 0) return total;
      }
    },
  };
}

/** The cradle is a proxy: what it holds is taken by name. */
const pick = ({
  config,
  database,
  clock,
  log,
  limits,
  access,
  tenancy,
  events,
  people,
}: NotifyDeps): Omit<NotifyDeps, 'jobs'> => ({ config, database, clock, log, limits, access, tenancy, events, people });

/** Who mails come from: as configured, else an address at this installation's own name. */
export function senderOf({ mailFrom, publicUrl }: Pick<NotifyDeps['config'], 'mailFrom' | 'publicUrl'>): Sender {
  const { hostname } = new URL(publicUrl);
  const host = /^[\d.]+$|[[\]:]/.test(hostname) ? 'localhost' : hostname;
  return (mailFrom && parseSender(mailFrom)) || { name: 'Podlift', address: `podlift@${host}` };
}

/** The same driver, and why the last mail did not leave when that was the server's fault. */
function watched(driver: MailDriver): readonly [MailDriver, () => string | undefined] {
  let last: string | undefined;
  const seen: MailDriver = {
    ...driver,
    async send(mail) {
      try {
        const said = await driver.send(mail);
        last = undefined;
        return said;
      } catch (error) {
        if (!(error instanceof Error && 'permanent' in error && error.permanent === true))
          last = error instanceof Error ? error.message : String(error);
        throw error;
      }
    },
  };
  return [seen, () => last];
}

function mailHealth(kind: MailDriver['kind'], last: string | undefined) {
  if (last !== undefined) return { ok: false, reason: `The last mail did not leave: ${last}` } as const;
  if (kind === 'none') return { ok: true, note: 'no mail server is configured' } as const;
  return { ok: true, note: kind === 'mailbox' ? 'mails are kept in /mailbox' : 'mails leave' } as const;
}
