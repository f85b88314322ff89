import { createApp, type HttpApp } from '@podlift/core/http';
import { createLimits } from '@podlift/core/limits';
import { createPluginHost, pluginRoutes, type PluginHost, type PluginHostOptions } from '@podlift/core/plugins';
import { silentLog, type Log } from '@podlift/core/telemetry';
import { uuidv7, type Actor, type EventType } from '@podlift/sdk';
import { target, toJson } from '@podlift/sdk/kernel';
import { appendEvents } from '@podlift/core/events';
import type { TestServer } from '../server.ts';
import type { ProvidedServer } from '../setup.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { findOverdue, readEvents, readJobs, type InspectedEvent, type InspectedJob } from './inspect.ts';
import {
  createTestPeople,
  readMails,
  readMessages,
  type SentMail,
  type SentMessage,
  type TestMember,
} from './messages.ts';
import { createPrincipals, type TestPrincipal } from './principals.ts';
import { createRecordedHttp, type RecordedAnswers, type RecordedHttp } from './recorded-http.ts';
import { createTestRooms, type TestRooms } from './rooms.ts';
import { toSources, type TestPlugin } from './sources.ts';

/** What a test host is made of. */
export interface TestHostOptions {
  /** Plugins under test, and those that they need: values of `definePlugin`, or folders of packages. */
  readonly plugins: readonly TestPlugin[];
  /** Settings by plugin, saved for every tenant that the test makes. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Secrets by plugin and name, set for every tenant that the test makes. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the network answers, by `METHOD url` or `url`; everything else fails. */
  readonly net?: RecordedAnswers;
  /** Where the clock starts; it stands still until the test moves it. */
  readonly clock?: Date | string | number;
  /** Freeze and check what crosses; true when absent. */
  readonly strict?: boolean;
  /** The members of every tenant, for messages; one owner called `tester` when absent. */
  readonly members?: readonly TestMember[];
  /** Plugins wait for each tenant's consent; false when absent. */
  readonly untrusted?: boolean;
  /** The database server; Vitest's provided one when absent. */
  readonly postgres?: TestServer;
  /** A second node of the same installation. */
  readonly besides?: TestHost;
  readonly log?: Log;
  /** For tests of the host itself. */
  readonly host?: PluginHostOptions;
  /** Jobs run when `drain` is called; without it they only wait, and the host starts faster. */
  readonly jobs?: boolean;
}

/** Who calls, in tests that care. */
export interface TestCall {
  readonly tenant: string;
  readonly actor?: Actor;
  readonly timeoutMs?: number;
}

/** A real host with real rooms on a real database, for the tests of a plugin. */
export interface TestHost {
  readonly plugins: PluginHost;
  readonly rooms: TestRooms;
  readonly app: HttpApp;
  readonly clock: TestClock;
  /** Requests that plugins made, and what the network answers. */
  readonly http: RecordedHttp;
  /** Makes a tenant with the settings and secrets of this host; returns its id. */
  tenant(slug?: string): Promise<string>;
  /** A request through the whole pipeline. Without permissions named, it may do everything. */
  request(path: string, init?: RequestInit, who?: TestPrincipal): Promise<Response>;
  /** Headers that make a request of your own come from `who`. */
  credential(who: TestPrincipal): Record<string, string>;
  /** Calls a method of a service (`runs@1`, `run`) or of an entry (`models@1`, `linear`, `credit`). */
  call(
    contract: readonly [service: string, method: string] | readonly [point: string, entry: string, method: string],
    input: unknown,
    call: TestCall,
  ): Promise<unknown>;
  /** Emits an event as if another plugin had; it arrives with `drain`. */
  emit(
    type: EventType | string,
    payload: unknown,
    about: { readonly tenant: string; readonly source?: string; readonly key?: string },
  ): Promise<void>;
  /** Delivers all events and runs all jobs that are due by the clock, until there are none. */
  drain(): Promise<void>;
  events(tenant: string, type?: string): Promise<InspectedEvent[]>;
  jobs(tenant: string, name?: string): Promise<InspectedJob[]>;
  /** What people of a tenant have got into their inboxes; `drain` brings it there. */
  messages(tenant: string): Promise<SentMessage[]>;
  /** Mails that would have left. */
  mails(): Promise<SentMail[]>;
  stop(): Promise<void>;
}

const SYSTEM = { kind: 'system', id: 'test' } as const;

/**
 * Starts a host for a test.
 *
 * @example
 * ```ts
 * const host = await createTestHost({ plugins: [plugin], net: { 'https://api.example.com/status': 'fine' } });
 * const tenant = await host.tenant();
 * const response = await host.request('/api/v1/x/acme/hello', {}, { tenant, permissions: ['hello:read'] });
 * await host.stop();
 * ```
 */
export async function createTestHost(options: TestHostOptions): Promise<TestHost> {
  const { settings = {}, secrets = {}, strict = true, besides } = options;
  const clock = besides?.clock ?? createTestClock(options.clock);
  const log = options.log ?? silentLog;
  let host: PluginHost | undefined;
  const made = await createTestRooms({
    place: besides ? { besides: besides.rooms } : { server: options.postgres ?? (await providedServer()) },
    clock,
    log,
    enabledTenants: (plugin) => host?.enabledTenants(plugin) ?? noTenants(),
    people: createTestPeople(options.members ?? [{ id: 'tester' }]),
    channels: {
      list: async (tenant) => host?.channels.list(tenant) ?? [],
      deliver: async (tenant, channel, message) => host?.channels.deliver(tenant, channel, message),
    },
  });
  const rooms = { ...made, settings: tellPlugins(made.settings, () => host) };
  const http = createRecordedHttp(options.net);
  const { extra, directories } = toSources(options.plugins, !options.untrusted);
  const plugins = (host = createPluginHost(
    { ...rooms, net: http },
    { extra, directories, strict, frozenClock: true, pollMs: 0, ...options.host },
  ));
  await plugins.start();
  rooms.tenancy.onCreated('plugins', ({ id }) => plugins.welcomeTenant(id));
  rooms.tenancy.onPurge('plugins', ({ id }) => plugins.purgeTenant(id));
  await rooms.notify.start();
  if (options.jobs ?? true) await rooms.jobs.start();
  const principals = createPrincipals(rooms.tenancy.byId);
  const app = createApp({
    ...rooms,
    limits: createLimits({}),
    authenticate: principals.authenticate,
    tenants: rooms.tenancy,
    resolvePrincipal: principals.resolvePrincipal,
    plugins: plugins.door,
    openScope: () => ({
      resolve: (name) => {
        throw new Error(`a test host has no ${name}`);
      },
      dispose: () => undefined,
    }),
    routes: pluginRoutes({ plugins }),
  });

  const retryOverdue = async (done: Set<string>): Promise<boolean> => {
    const due = (await findOverdue(database, clock.now())).filter(({ id }) => !done.has(id));
    for (const { tenant, id } of due) {
      // The queue counts a delay in real time; asked for anew, the job is due at once.
      await rooms.jobs.cancel(tenant, id);
      await rooms.jobs.retry(tenant, id);
      done.add(id);
    }
    return due.length > 0;
  };
  const { database } = rooms;

  return {
    plugins,
    rooms,
    app,
    clock,
    http,
    async tenant(slug = `t-${uuidv7().slice(-12)}`) {
      const { id } = await rooms.tenancy.create({ slug, name: slug });
      for (const [plugin, value] of Object.entries(settings))
        await rooms.settings.set(id, plugin, value, { by: 'test' });
      for (const [plugin, named] of Object.entries(secrets))
        for (const [name, value] of Object.entries(named)) await rooms.secrets.put(id, plugin, name, value, 'test');
      return id;
    },
    credential: (who) => principals.headers(who),
    async request(path, init = {}, who = {}) {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(principals.headers(who))) headers.set(name, value);
      if (typeof init.body === 'string' && !headers.has('content-type'))
        headers.set('content-type', 'application/json');
      return app.request(path, { ...init, headers });
    },
    async call(contract, input, { tenant, actor = SYSTEM, timeoutMs }) {
      const [id, second, third] = contract;
      const { plugin, name } =
        third === undefined ? serviceTarget(plugins, id, second) : entryTarget(plugins, id, second, third);
      return plugins.invoke({
        plugin,
        target: name,
        input,
        tenant,
        actor,
        ...(timeoutMs !== undefined && { timeoutMs }),
      });
    },
    async emit(type, payload, { tenant, source = 'test', key }) {
      const event = {
        type: typeof type === 'string' ? type : type.id,
        source,
        payload: toJson(payload) ?? null,
        ...(key !== undefined && { key }),
      };
      await database.withTenant({ tenant }, (tx) => appendEvents(tx, [event], clock.now()));
    },
    async drain() {
      const done = new Set<string>();
      do {
        if (options.jobs ?? true) await rooms.jobs.drain();
        else await rooms.events.drain();
      } while (await retryOverdue(done));
    },
    events: (tenant, type) => readEvents(database, tenant, type),
    jobs: (tenant, name) => readJobs(database, tenant, name),
    messages: (tenant) => readMessages(database, tenant),
    mails: () => readMails(database),
    async stop() {
      if (options.jobs ?? true) await rooms.jobs.stop(1000);
      await rooms.events.stop(1000);
      await rooms.notify.stop();
      await plugins.stop(1000);
      if (!besides) await database.close();
    },
  };
}

/** The host remembers a tenant's settings for a moment; a change tells it, as the composition root of the product does. */
const tellPlugins = (settings: TestRooms['settings'], host: () => PluginHost | undefined): TestRooms['settings'] => ({
  ...settings,
  async set(tenant, owner, value, about) {
    const saved = await settings.set(tenant, owner, value, about);
    host()?.forgetTenant(tenant);
    return saved;
  },
});

/** Vitest gives the server of its run; other runners pass their own. */
async function providedServer(): Promise<ProvidedServer> {
  const { inject } = await import('vitest');
  return inject('postgres');
}

async function* noTenants(): AsyncGenerator<string> {
  // Nothing runs yet.
}

function serviceTarget(plugins: PluginHost, id: string, method: string) {
  const owner = plugins.graph().contracts.claims.services.get(id);
  if (owner === undefined) throw new Error(`no plugin of this test provides ${id}`);
  return { plugin: owner, name: target.service(asContract(id), method) };
}

function entryTarget(plugins: PluginHost, point: string, id: string, method: string) {
  const entry = plugins.entries(point).find((one) => one.id === id);
  if (!entry) throw new Error(`no plugin of this test contributes ${id} to ${point}`);
  return { plugin: entry.plugin, name: target.entry(asContract(point), id, method) };
}

/** The graph has found it, so it has the form of a contract's id. */
const asContract = (id: string) => id as `${string}@${number}`;
