import { z } from 'zod';
import { coreRoute, json, jsonBody } from './index.ts';

const config = {
  method: 'post',
  path: '/things/{id}',
  permission: 'things:write',
  summary: 'Make a thing',
  request: { params: z.object({ id: z.string() }), body: jsonBody(z.object({ size: z.number() })) },
  responses: { 200: json(z.object({ name: z.string() }), 'The thing.') },
} as const;

coreRoute(config, (c) => {
  const size: number = c.req.valid('json').size;
  const id: string = c.req.valid('param').id;
  return c.json({ name: `${id} ${size} ${c.var.principal.actor.id}` }, 200);
});
// @ts-expect-error an answer has the shape that was declared
coreRoute(config, (c) => c.json({ name: 1 }, 200));
// @ts-expect-error an answer has a status that was declared
coreRoute(config, (c) => c.json({ name: 'x' }, 201));
// @ts-expect-error a permission is no free text
coreRoute({ ...config, permission: 'everything' }, (c) => c.json({ name: 'x' }, 200));
