import { PodliftError, type Actor } from '@podlift/sdk';
import { Cancel, target as targets, type CallHeader, type WireResponse } from '@podlift/sdk/kernel';
import type { Tx } from '../../data/index.ts';
import { inSpan } from '../../telemetry/index.ts';
import { PluginErrors } from '../errors.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { closedFor } from '../tenants/consent.ts';
import type { TenantFacts } from '../tenants/facts.ts';
import { createLocal } from './local.ts';
import { whenDone } from './stream.ts';
import type { Call, Listeners } from './table.ts';
import { startUnit, type UnitOfWork } from './unit-of-work.ts';
import type { World } from './world.ts';

/** One call into a plugin. */
export interface Invocation {
  readonly plugin: string;
  /** One of the names that `target` of the kernel makes. */
  readonly target: string;
  readonly input: unknown;
  /** An event's envelope, or a job's facts. */
  readonly extra?: unknown;
  readonly tenant: string;
  readonly actor: Actor;
  /** What the actor is in the tenant: rules of flags may ask. */
  readonly role?: string;
  readonly trace: string;
  /** Own limit of this call, in milliseconds; the contract's or the plugin's otherwise. */
  readonly timeoutMs?: number;
  /** Milliseconds since 1970 at which the caller stops waiting. */
  readonly deadline?: number;
  readonly cancel?: Cancel;
  /** Runs at the end of the call's transaction: an event's `advance`. */
  readonly commit?: (tx: Tx) => Promise<void>;
  /** The same for a route that answered without a refusal, with its answer; a call that changed nothing is not settled. */
  readonly settle?: (tx: Tx, answer: WireResponse) => Promise<void>;
  readonly listen?: Listeners;
  /** The call out of which this one comes. */
  readonly parent?: Call;
}

/** Plugins may call each other this deep. */
const MAX_DEPTH = 16;
/** setTimeout takes no more; a longer limit is none. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * The one way into a plugin: enabled, admitted, bounded in time, and committed as a whole. Hot path, see bench/call.bench.ts: it
 * waits only for what it must.
 */
export function invoke(world: World, invocation: Invocation): Promise<unknown> {
  const { plugin, target, tenant } = invocation;
  const attributes = { 'podlift.plugin': plugin, 'podlift.target': target, 'podlift.tenant': tenant };
  return inSpan(`${plugin} ${target}`, { attributes }, () => call(world, invocation));
}

async function call(world: World, invocation: Invocation): Promise<unknown> {
  const { plugin: id, target, tenant, parent, cancel: outer } = invocation;
  const plugin = world.loaded.get(id);
  if (!plugin) throw PluginErrors.notRunning(id, world.reasonOf(id));
  const found = parent?.facts ?? world.facts.get(tenant);
  const facts = found instanceof Promise ? await found : found;
  assertOpen(plugin, facts);
  const depth = parent ? parent.depth + 1 : 0;
  if (depth > MAX_DEPTH) throw PluginErrors.tooDeep(id, target, depth);
  const settings = readSettings(world, plugin, tenant, facts);
  const known = settings instanceof Promise ? await settings : settings;
  const role = invocation.role ?? parent?.role;
  const switches = readFlags(world, plugin, invocation, role);
  const flags = switches instanceof Promise ? await switches : switches;

  const cancel = new Cancel();
  const unfollow = parent || outer ? follow(cancel, [parent?.asks, parent?.cancel, outer]) : undefined;
  // A nested call does not queue: its parent holds a place already, and waiting for one's own parent never ends.
  if (!parent) {
    const wait = plugin.gate.enter(cancel);
    if (wait)
      await wait.catch((reason: unknown) => {
        unfollow?.();
        throw reason;
      });
  }
  const now = Date.now();
  const allowed = invocation.timeoutMs ?? plugin.handlerMs;
  const deadline = Math.min(now + allowed, parent?.deadline ?? Infinity, invocation.deadline ?? Infinity);
  // Its caller stopped waiting while it stood in line.
  if (deadline <= now) {
    unfollow?.();
    if (!parent) plugin.gate.leave();
    throw PodliftError.deadline(`${id} ${target}`, 0);
  }
  const call = plugin.calls.open({
    tenant,
    actor: invocation.actor,
    role,
    trace: invocation.trace,
    facts,
    cancel,
    deadline,
    depth,
    listen: invocation.listen,
    unit: unitOf(world, plugin, tenant),
  });
  const late = (): PodliftError => PodliftError.deadline(`${id} ${target}`, deadline - now);
  const timer = deadline - now < MAX_TIMER ? setTimeout(() => cancel.abort(late()), deadline - now) : undefined;
  const began = performance.now();
  const end = (): void => {
    world.deps.usage?.add(tenant, 'plugin.calls', 1, id);
    const ms = performance.now() - began;
    world.called(id, ms);
    world.deps.usage?.add(tenant, 'plugin.ms', ms, id);
    clearTimeout(timer);
    unfollow?.();
    plugin.calls.close(call);
    if (!parent) plugin.gate.leave();
  };

  let streaming = false;
  try {
    const header: CallHeader = {
      cap: call.cap,
      tenant,
      actor: call.actor,
      trace: call.trace,
      deadline,
      now: world.now(),
      frozenClock: world.frozenClock,
      settings: known,
      ...(flags && { flags }),
      optional: presentOptionals(world, plugin),
    };
    const { input, extra } = invocation;
    const args = extra === undefined ? { target, input, call: header } : { target, input, extra, call: header };
    const local = plugin.holdsSql ? createLocal(plugin, call) : undefined;
    const result = await plugin.link.call('invoke', args, cancel, local);
    // A handler that never yields hides its lateness from the timer.
    if (Date.now() > deadline) throw cancel.reason ?? late();
    const response = target === targets.route ? (result as WireResponse) : undefined;
    // A refusal is a throw that the plugin's own routes have already put into words.
    if (response && response.status >= 400 && !invocation.commit) await call.unit.rollback();
    else if (invocation.commit || !call.unit.isEmpty()) await call.unit.commit(lastOf(invocation, response));
    if (!(response?.body instanceof ReadableStream)) return result;
    streaming = true;
    clearTimeout(timer);
    // What comes after the head is read in a transaction of its own, of which nothing is kept.
    const rest = (call.unit = unitOf(world, plugin, tenant));
    const finish = (): void => {
      end();
      void rest.rollback();
    };
    return { ...response, body: whenDone(response.body, finish) };
  } catch (thrown) {
    world.failed(id, thrown);
    await call.unit.rollback();
    throw thrown;
  } finally {
    if (!streaming) end();
  }
}

const lastOf = (
  { commit, settle }: Invocation,
  response: WireResponse | undefined,
): ((tx: Tx) => Promise<void>) | undefined => (settle && response ? (tx) => settle(tx, response) : commit);

/** @throws PodliftError when the tenant has disabled the plugin or not consented to what it needs. */
export function assertOpen(plugin: LoadedPlugin, facts: TenantFacts): void {
  const closed = closedFor(plugin, facts);
  if (!closed) return;
  throw closed.why === 'disabled' ? PluginErrors.disabled(plugin.id) : PluginErrors.paused(plugin.id, closed.missing);
}

const unitOf = ({ deps, outbox, now }: World, { id, role, layouts }: LoadedPlugin, tenant: string): UnitOfWork =>
  startUnit({ database: deps.database, files: deps.files, outbox, plugin: id, tenant, role, layouts, now });

/** Cancels with any of the others; returns the way to stop following them. */
function follow(cancel: Cancel, others: readonly (Cancel | undefined)[]): () => void {
  const abort = (reason: PodliftError): void => cancel.abort(reason);
  const stops = others.map((one) => one?.onAbort(abort));
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** All flags of the plugin at once, so that a call sees each of them the same from its beginning to its end. */
function readFlags(
  { deps }: World,
  { id, json }: LoadedPlugin,
  { tenant, actor }: Invocation,
  role: string | undefined,
) {
  if (!json.flags || !deps.flags) return undefined;
  return deps.flags.values(id, { tenant, actor, ...(role !== undefined && { role }) });
}

const NO_SETTINGS = { value: {}, version: 0 } as const;

function readSettings({ deps }: World, { id, json }: LoadedPlugin, tenant: string, facts: TenantFacts) {
  if (!json.settings) return NO_SETTINGS;
  const known = facts.settings.get(id);
  if (known) return known;
  return deps.settings.get(tenant, id).then((value) => {
    facts.settings.set(id, value);
    return value;
  });
}

const NONE: readonly string[] = [];

/** Aliases of the optional contracts that somebody provides now. */
function presentOptionals({ services, loaded }: World, { json: { optional } }: LoadedPlugin): readonly string[] {
  const aliases = Object.keys(optional);
  if (aliases.length === 0) return NONE;
  return aliases.filter((alias) => loaded.has(services.get(optional[alias] ?? '') ?? ''));
}
