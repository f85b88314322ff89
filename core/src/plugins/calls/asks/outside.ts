import { PodliftError } from '@podlift/sdk';
import { responseToWire } from '@podlift/sdk/kernel';
import { z } from 'zod';
import { matchesHost, type NetInit } from '../../../net/index.ts';
import { PluginErrors } from '../../errors.ts';
import { ask, type Ask, type Asking } from './ask.ts';

const Stream = z.custom<ReadableStream<Uint8Array>>((value) => value instanceof ReadableStream);
const Body = z.union([z.string(), z.instanceof(Uint8Array), Stream]);
const FetchInput = z.object({
  url: z.url(),
  method: z.string().max(20).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: Body.optional(),
  idempotent: z.boolean().optional(),
  auth: z.object({ secret: z.string(), scheme: z.string().max(60).optional() }).optional(),
});

/** The network, and the tenant's secrets. None of it happens while a transaction that has written is open. */
export const outsideAsks: Readonly<Record<string, Ask>> = {
  fetch: ask(FetchInput, fetchFor, 'net:fetch'),
  secret: ask(
    z.object({ name: z.string().max(60) }),
    async (asking, { name }) => {
      await asking.call.unit.pause(`the secret ${name}`);
      return readSecret(asking, name);
    },
    'secrets:read',
  ),
};

async function readSecret({ world, plugin, call }: Asking, name: string): Promise<string> {
  if (!plugin.json.secrets.includes(name)) throw PodliftError.denied(plugin.id, `the secret ${name}`);
  const value = await world.deps.secrets.get(call.tenant, plugin.id, name);
  if (value === undefined) throw PluginErrors.secretMissing(plugin.id, name);
  return value;
}

async function fetchFor(asking: Asking, { url, method, headers, body, auth, idempotent }: z.output<typeof FetchInput>) {
  const { world, plugin, call, cancel } = asking;
  const { hostname } = new URL(url);
  if (!matchesHost(plugin.json.hosts, hostname)) throw PodliftError.denied(plugin.id, `the host ${hostname}`);
  await call.unit.pause(`a request to ${hostname}`);
  const all = new Headers(headers);
  // The plugin never sees the value, so it cannot log it or send it elsewhere.
  if (auth) all.set('authorization', `${auth.scheme ?? 'Bearer'} ${await readSecret(asking, auth.secret)}`);
  const stop = new AbortController();
  // The exchange lives as long as the call: a body that nobody reads does not stay open.
  for (const end of [call.asks, call.cancel, cancel]) end.onAbort((reason) => stop.abort(reason));
  const init: NetInit = {
    ...(method !== undefined && { method }),
    headers: all,
    ...(body !== undefined && { body }),
    ...(idempotent !== undefined && { idempotent }),
    signal: stop.signal,
  };
  try {
    const response = await world.deps.net.fetch(url, init, { hosts: plugin.json.hosts, tenant: call.tenant });
    return await responseToWire(response);
  } catch (thrown) {
    if (stop.signal.aborted || thrown instanceof PodliftError) throw thrown;
    throw PluginErrors.upstream(hostname, thrown);
  }
}
