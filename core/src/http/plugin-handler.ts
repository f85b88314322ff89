import type { Context } from 'hono';
import type { PluginDoor } from './doors.ts';
import type { HttpEnv } from './env.ts';
import { HttpErrors } from './errors.ts';
import { toPluginRequest } from './plugin-request.ts';
import { fenceResponse } from './plugin-response.ts';

/** Hands a request to the plugin that documents its route, without the caller's credentials. Hot path, see bench/. */
export function createPluginHandler(plugins: Pick<PluginDoor, 'serve'>) {
  return async (c: Context<HttpEnv>): Promise<Response> => {
    const found = c.get('found');
    if (found.kind !== 'plugin') throw HttpErrors.routeUnknown(c.req.method, c.req.path);
    const deadline = c.get('deadline');
    let signal: AbortSignal | undefined;
    // Made when somebody asks: a signal per request costs more than the routing.
    const whenOver = (): AbortSignal =>
      (signal ??= AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(Math.max(0, deadline - Date.now()))]));
    const response = await plugins.serve(found.route, toPluginRequest(c.req.raw, c.req, whenOver, c.env.incoming), {
      principal: c.get('principal'),
      trace: c.get('trace'),
      requestId: c.get('requestId'),
      deadline,
      settle: c.get('settle'),
      get signal() {
        return whenOver();
      },
    });
    return fenceResponse(response, found.route.trusted);
  };
}
