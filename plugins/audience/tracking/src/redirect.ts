/** @module GET /l/{slug}: sends a visitor to the link's target and counts the click. The target is what was stored, never what the request says. */
import { PodliftError, uuidv7 } from '@podlift/sdk';
import { route, z, type App } from '@podlift/sdk/http';
import { addTouch, createLinkColumns, createOrderColumns, createTouchColumns } from './columns.ts';
import { land } from './land.ts';
import type { Ctx } from './manifest.ts';
import { tenantStates } from './tenant-state.ts';

const follow = route({
  method: 'get',
  path: '/l/{slug}',
  'x-permission': 'public',
  'x-tenant': 'required',
  'x-rate-per-minute': 600,
  summary: 'Follow a tracking link',
  description: "Works at the tenant's own host name. The click counts as a touchpoint of the link's placement.",
  request: { params: z.object({ slug: z.string().max(64) }) },
  responses: { 302: { description: "To the link's target" }, 404: { description: 'There is no such link' } },
});

/** Registers the redirect. */
export function addRedirect(app: App<Ctx>): void {
  app.openapi(follow, async (c) => {
    const { ctx } = c.var;
    const { slug } = c.req.valid('param');
    let { catalog, keys } = await ctx.get(tenantStates).of(ctx);
    if (!catalog.targetOf(slug)) ({ catalog, keys } = await ctx.get(tenantStates).refresh(ctx));
    const target = catalog.targetOf(slug);
    const booking = catalog.bySlug(slug);
    if (!target || !booking) throw PodliftError.notFound(`link ${slug}`);
    const touches = createTouchColumns();
    // Nobody is known here: the click stands for itself until the landing page says who came.
    const visitor = keys.of('anonymous', uuidv7());
    addTouch(touches, ctx.now().getTime(), undefined, visitor, 'click', 'podcast', null, 'link', booking);
    try {
      await land(ctx, touches, createOrderColumns(), createLinkColumns());
    } catch (error) {
      // A visitor is never lost for the sake of counting.
      ctx.log.warn('a click could not be counted', { error: error instanceof Error ? error.message : 'unknown' });
    }
    return new Response(null, {
      status: 302,
      headers: { location: target, 'cache-control': 'private, no-store', 'x-robots-tag': 'noindex, nofollow' },
    });
  });
}
