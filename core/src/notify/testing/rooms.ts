import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase, type TestServer } from '@podlift/testkit/postgres';
import { createAccess, type Access, type Role } from '../../access/index.ts';
import { migrations as auditMigrations } from '../../audit/index.ts';
import { createEventBus, migrations as eventMigrations, type EventBus } from '../../events/index.ts';
import { createJobs, migrateJobQueues, migrations as jobMigrations, type Jobs } from '../../jobs/index.ts';
import { createLimits } from '../../limits/index.ts';
import { createSettings, migrations as settingsMigrations } from '../../settings/index.ts';
import { createMetrics, silentLog } from '../../telemetry/index.ts';
import { createTenancy, migrations as tenancyMigrations, type Tenancy } from '../../tenancy/index.ts';
import type { Database } from '../../data/index.ts';
import type { Channels } from '../channels.ts';
import type { NotificationKind } from '../kind.ts';
import type { MailDriver } from '../mail/mail.ts';
import {
  createNotify,
  migrations,
  requestNotification,
  tellJobDead,
  type NotificationRequest,
  type Notify,
} from '../index.ts';
import type { Reader } from '../people.ts';

/** The room on a real database with real events and jobs; people are the test's own. */
export interface NotifyRooms {
  readonly database: TestDatabase;
  readonly tenancy: Tenancy;
  readonly access: Access;
  readonly events: EventBus;
  readonly jobs: Jobs;
  readonly notify: Notify;
  /** Members by tenant. */
  readonly members: Map<string, Reader[]>;
  /** Makes a tenant with these members. */
  tenant(...members: Reader[]): Promise<string>;
  /** Asks for a message, as a unit of work does. */
  send(
    tenant: string,
    request: Omit<NotificationRequest, 'kind'> & { kind?: NotificationKind },
  ): Promise<string | undefined>;
  /** Brings everything to where it goes. */
  drain(): Promise<void>;
  now(): number;
  /** Goes on by so many milliseconds. */
  pass(ms: number): void;
  /** Runs every job whose time has come by the test's clock. */
  runDue(): Promise<void>;
  close(): Promise<void>;
}

export interface NotifyRoomsOptions {
  readonly driver?: MailDriver;
  readonly smtpUrl?: string;
  readonly channels?: Channels;
  readonly start?: Date;
  readonly lockMs?: number;
  /** Members of every tenant that names none. */
  readonly members?: Reader[];
  /** Jobs only wait. */
  readonly idle?: boolean;
  readonly backoffMs?: number;
  readonly baseDomain?: string;
  readonly mode?: 'production' | 'test';
}

export const KIND: NotificationKind = {
  id: 'acme.feeds/import-failed',
  title: { en: 'The import of {show} failed', de: 'Der Import von {show} ist gescheitert' },
  body: { en: '{count} items were read: {reason}', de: '{count} Einträge gelesen: {reason}' },
  category: 'problems',
  severity: 'warning',
  channels: ['inbox', 'mail'],
  link: '/shows/{id}',
};

export const DATA = { show: 'Deep <b>Dive</b>', reason: 'the feed answered 404', count: 1234, id: 'a/b' };

export const reader = (userId: string, role: Role = 'owner', more: Partial<Reader> = {}): Reader => ({
  userId,
  role,
  email: `${userId}@people.test`,
  name: userId,
  verified: true,
  ...more,
});

/** The rooms on a database that is there; nothing runs yet. */
export function wireNotify(database: Database, masterKey: Uint8Array, options: NotifyRoomsOptions = {}) {
  const start = options.start?.getTime() ?? Date.now();
  const began = Date.now();
  let ahead = 0;
  const clock = { now: () => (options.start ? start : start + Date.now() - began) + ahead };
  const log = silentLog;
  const config = {
    publicUrl: 'https://podlift.test',
    baseDomain: options.baseDomain,
    masterKey,
    oldMasterKeys: [],
    mode: options.mode ?? 'test',
    smtpUrl: options.smtpUrl,
    mailFrom: 'Podlift <podlift@podlift.test>',
  } as const;
  const settings = createSettings({ database, clock });
  const tenancy = createTenancy({ config, database, clock, settings, log, append: async () => undefined });
  const access = createAccess();
  const events = createEventBus({ database, log, clock, leaseMs: 2000 });
  const { lockMs } = options;
  const jobs = createJobs({
    database,
    bus: events,
    log,
    clock,
    enabledTenants: () => [],
    onDead: (tx, job) => tellJobDead(tx, job, clock.now()),
    ...(lockMs !== undefined && { lockMs }),
  });
  const members = new Map<string, Reader[]>();
  const notify = createNotify({
    config,
    database,
    clock,
    log,
    limits: createLimits({}),
    access,
    tenancy,
    events,
    jobs,
    people: {
      readers: async (tenant) => members.get(tenant) ?? options.members ?? [],
      operators: async () => [{ email: 'op@people.test', name: 'Op' }],
    },
    metrics: createMetrics({ process: false }),
    ...(options.channels && { channels: options.channels }),
    ...(options.driver && { driver: options.driver }),
    ...(options.backoffMs !== undefined && { backoffMs: options.backoffMs }),
  });
  return { tenancy, access, events, jobs, notify, members, now: clock.now, pass: (ms: number) => void (ahead += ms) };
}

export async function openNotify(server: TestServer, options: NotifyRoomsOptions = {}): Promise<NotifyRooms> {
  const database = await createTestDatabase(server, {
    migrations: [
      ...eventMigrations,
      ...settingsMigrations,
      ...tenancyMigrations,
      ...auditMigrations,
      ...jobMigrations,
      ...migrations,
    ],
  });
  await migrateJobQueues(database);
  const wired = wireNotify(database, database.options.masterKey, options);
  const { tenancy, events, jobs, notify, members, now } = wired;
  await notify.start();
  if (!options.idle) await jobs.start();
  const drain = () => jobs.drain();
  return {
    ...wired,
    database,
    async tenant(...people) {
      const slug = `t-${randomUUID().slice(0, 13)}`;
      const { id } = await tenancy.create({ slug, name: `Radio ${slug.slice(-4)}` });
      members.set(id, people);
      return id;
    },
    send: (tenant, { kind = KIND, ...request }) =>
      database.withTenant({ tenant }, (tx) => requestNotification(tx, { kind, ...request }, now())),
    drain,
    async runDue() {
      await drain();
      const due = await database.admin<{ tenant: string; id: string }>(
        `select tenant_id as tenant, id from core.job where state = 'waiting' and run_at <= $1`,
        [new Date(now())],
      );
      for (const { tenant, id } of due) {
        // The queue counts a delay in real time; asked for anew, the job is due at once.
        await jobs.cancel(tenant, id);
        await jobs.retry(tenant, id);
      }
      await drain();
    },
    async close() {
      if (!options.idle) await jobs.stop(1000);
      await events.stop(1000);
      await notify.stop();
      await database.close();
    },
  };
}
