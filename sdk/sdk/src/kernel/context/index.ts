import type { z } from 'zod';
import type { Log } from '../../context.ts';
import type { EventType } from '../../event.ts';
import type { ExtensionPoint } from '../../extension-point.ts';
import type { Manifest } from '../../manifest.ts';
import type { NotificationType, NotifyOptions } from '../../notification.ts';
import type { Search } from '../../search.ts';
import type { Token } from '../../token.ts';
import type { Computation, ComputeOptions } from '../../computation.ts';
import type { Call } from '../call.ts';
import { compute, type RunComputation } from '../computation.ts';
import { parsed } from '../parse.ts';
import { target } from '../target.ts';
import { createClient } from './client.ts';
import { readEntries } from './entries.ts';
import { createFlagReader } from './flags.ts';
import { membersOf } from './granted.ts';
import { createSettingsReader } from './settings.ts';

export type { ListedEntry } from './entries.ts';
export type { PlainWrite } from './collections.ts';

/** Where a context keeps its call, out of the plugin's sight. */
const CALL = Symbol('call');
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Builds the class of a plugin's contexts once, with exactly the members that its capabilities grant; a call then costs one
 * small object, and each member is made at its first use.
 */
export function createContextFactory(
  manifest: Manifest,
  resolve: (id: string) => unknown,
  computing: { readonly modules: ReadonlyMap<string, URL>; readonly run: RunComputation | undefined },
): (call: Call) => object {
  const readSettings = createSettingsReader(manifest);
  class Context {
    readonly [CALL]: Call;
    constructor(call: Call) {
      this[CALL] = call;
    }
    get tenant() {
      return this[CALL].header.tenant;
    }
    get actor() {
      return this[CALL].header.actor;
    }
    get trace() {
      return this[CALL].header.trace;
    }
    get deadline() {
      return this[CALL].header.deadline;
    }
    get signal() {
      return this[CALL].cancel.signal;
    }
    get settings() {
      return readSettings(this[CALL].header);
    }
    now() {
      return this[CALL].now();
    }
    get(token: Token<unknown>) {
      return resolve(token.id);
    }
    async emit({ id, schema }: EventType, payload: unknown, options?: { readonly key?: string }) {
      const data = parsed<z.ZodType>(schema, payload, `the payload of ${id}`);
      await this[CALL].ask('emit', { type: id, payload: data, ...options });
    }
    async notify({ name, data: schema }: NotificationType, { to, data, key }: NotifyOptions) {
      const given = parsed<z.ZodType>(schema, data, `the data of the notification ${name}`);
      await this[CALL].ask('notify', { kind: name, to, data: given, ...(key !== undefined && { key }) });
    }
    async meter(name: string, amount: number) {
      await this[CALL].ask('meter', { name, amount });
    }
    entries(point: ExtensionPoint) {
      return readEntries(this[CALL], point);
    }
    compute(computation: Computation, input: unknown, options?: ComputeOptions) {
      const call = this[CALL];
      const work = compute(call, computing.modules, computing.run, computation, input, options);
      return call.strict ? call.track(work) : work;
    }
  }
  addLazily(Context.prototype, 'log', createLog);
  addLazily(Context.prototype, 'search', createSearch);
  addLazily(Context.prototype, 'flags', createFlagReader(manifest));
  addLazily(Context.prototype, 'services', (call) => createServices(call, manifest));
  const members = membersOf(manifest);
  for (const capability of [...(manifest.capabilities ?? []), ...(manifest.optionalCapabilities ?? [])]) {
    for (const [name, member] of Object.entries(members[capability])) addLazily(Context.prototype, name, member);
  }
  return (call) => new Context(call);
}

/** A member that is made at its first use in a call and kept for the rest of it. */
function addLazily(prototype: object, name: string, make: (call: Call) => unknown): void {
  Object.defineProperty(prototype, name, {
    get(this: { readonly [CALL]: Call }) {
      const value = make(this[CALL]);
      Object.defineProperty(this, name, { value });
      return value;
    },
  });
}

function createLog(call: Call): Log {
  const write = (level: (typeof LEVELS)[number]) => (message: string, data?: object) =>
    call.tell('log', { level, message, ...(data && { data }) });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function createSearch(call: Call): Search<string> {
  return {
    put: async (kind, entries) => void (await call.ask('search.put', { kind, entries })),
    remove: async (kind, ids) => void (await call.ask('search.remove', { kind, ids })),
  };
}

function createServices(call: Call, { requires = {}, optional = {} }: Manifest): object {
  const there = Object.entries(optional).filter(([alias]) => call.header.optional.includes(alias));
  return Object.fromEntries(
    [...Object.entries(requires), ...there].map(([alias, { id, methods }]) => [
      alias,
      createClient(call, methods, (method) => target.service(id, method), id),
    ]),
  );
}
