import { responseFromWire, target, type WireBody, type WireRequest, type WireResponse } from '@podlift/sdk/kernel';
import type { PluginCall, PluginRoute } from '../../http/index.ts';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import { PluginErrors } from '../errors.ts';
import { mountOf } from './routes.ts';

/** Bodies up to this size cross whole; longer ones, and those that do not say, are streamed. */
const WHOLE_BYTES = 1 << 20;

/** Lets a plugin answer a request that matched one of its documented routes. Hot path, see bench/route.bench.ts. */
export async function serve(world: World, route: PluginRoute, request: Request, call: PluginCall): Promise<Response> {
  const { tenant, actor, role } = call.principal;
  if (!tenant) throw PluginErrors.tenantUnknown();
  const input: WireRequest = {
    url: relativeUrl(world, route, request.url),
    method: request.method,
    headers: [...request.headers],
    body: await bodyOf(request),
  };
  const answer = await invoke(world, {
    plugin: route.plugin,
    target: target.route,
    input,
    tenant: tenant.id,
    // A plugin knows no strangers: whoever asks without a credential is the system's guest.
    actor: actor.kind === 'anonymous' ? { kind: 'system', id: 'anonymous' } : { kind: actor.kind, id: actor.id },
    ...(role !== undefined && { role }),
    trace: call.requestId,
    // The edge counts by the installation's clock, a call by the machine's: a test may hold the first one still.
    deadline: Date.now() + call.deadline - world.now(),
    ...(call.settle && { settle: call.settle }),
    ...(route.rules.timeoutMs !== undefined && { timeoutMs: route.rules.timeoutMs }),
  });
  // The kernel's own answer to the target `route`.
  return responseFromWire(answer as WireResponse);
}

/** A plugin without prefixes does not know where it is mounted. */
function relativeUrl(world: World, { plugin }: PluginRoute, url: string): string {
  const loaded = world.loaded.get(plugin);
  const mount = loaded ? mountOf(loaded.json) : '';
  return mount === '' ? url : url.replace(mount, '');
}

async function bodyOf(request: Request): Promise<WireBody> {
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) <= WHOLE_BYTES) return new Uint8Array(await request.arrayBuffer());
  return request.body;
}
