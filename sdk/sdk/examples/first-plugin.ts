import { collection, definePlugin } from '@podlift/sdk';
import { json, openapi, route, z } from '@podlift/sdk/http';

const Code = z.object({ code: z.string().min(3), sponsor: z.string() });
const codes = collection(Code, { unique: ['code'], privacy: 'none' });
const permissions = { 'codes:write': { title: 'Add promo codes', roles: ['owner', 'admin'] } } as const;

const request = { body: json(Code, 'the code to add') };
const responses = { 201: json(z.object({ id: z.string() }), 'its id') };
const add = route({ method: 'post', path: '/codes', 'x-permission': 'codes:write', request, responses });

const about = { id: 'acme.codes', version: '1.0.0', sdk: '^0.1', license: 'MIT' } as const;
const needs = { capabilities: ['data:collections'], collections: { codes }, permissions } as const;

export default definePlugin({ ...about, ...needs }, ({ routes }) =>
  routes(
    openapi((app) => {
      app.openapi(add, async (c) => c.json({ id: await c.var.ctx.collections.codes.insert(c.req.valid('json')) }, 201));
    }),
  ),
);
