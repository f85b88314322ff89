import type { Declare } from '../../declare.ts';
import { PodliftError } from '../../errors.ts';
import { target } from '../target.ts';
import { requestFromWire, responseToWire, type WireRequest } from '../wire-http.ts';
import { addTarget, asItIs, assertOpen, asRun, type Book } from './book.ts';

/** How a plugin is reached and kept: routes, own classes, health and the edges of a tenant's life. */
export function declareSurface(book: Book): Pick<Declare<never>, 'routes' | 'use' | 'health' | 'subject' | 'onTenant'> {
  return {
    routes(routes) {
      const fetch = asRun(routes.fetch.bind(routes));
      const plain = routes.plain && asRun(routes.plain.bind(routes));
      addTarget(book, target.route, {
        parse: asItIs,
        run: async (input, ctx, _extra, { cancel }) => {
          const quick = plain?.(input, ctx);
          if (quick !== undefined) return quick;
          // The host's own request, and the plugin's own Response, by the types of Routes.
          const response = (await fetch(requestFromWire(input as WireRequest), ctx)) as Response;
          return await responseToWire(response, cancel);
        },
      });
      book.routes = routes;
    },
    use(wiring) {
      assertOpen(book, 'its classes');
      if (book.wiring) throw PodliftError.invalidPlugin(book.manifest.id, 'declared its classes twice');
      book.wiring = wiring;
    },
    health(check) {
      const run = asRun(check);
      addTarget(book, target.health, { parse: asItIs, run: (_, ctx) => run(ctx) });
    },
    subject(name) {
      const run = asRun(name);
      addTarget(book, target.subject, { parse: asItIs, run: (known, ctx) => run(known, ctx) });
    },
    onTenant(change, handle) {
      const run = asRun(handle);
      addTarget(book, target.tenant(change), { parse: asItIs, run: (_, ctx) => run(ctx) });
      book.lists.tenant.push(() => change);
    },
  };
}
