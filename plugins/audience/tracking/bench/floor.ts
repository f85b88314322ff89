/** The limit that single events are held against: the same parsing and validating behind bare Hono, without a database. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { EMPTY_CATALOG } from '../src/catalog-index.ts';
import { createLinkColumns, createOrderColumns, createTouchColumns } from '../src/columns.ts';
import { readItem } from '../src/item.ts';
import type { Intake } from '../src/reading.ts';
import { createHouseholdKeys } from '../src/keys.ts';
import { KnownLinks } from '../src/known-links.ts';

const keys = createHouseholdKeys(Buffer.alloc(32, 1));
const links = new KnownLinks();

/** Serves POST /v1/track and answers when the event is checked. */
export async function startFloor() {
  const app = new Hono().post('/v1/track', async (c) => {
    const body: unknown = JSON.parse(await c.req.text());
    const into: Intake = {
      touches: createTouchColumns(),
      orders: createOrderColumns(),
      links: createLinkColumns(),
      errors: [],
      ignored: 0,
    };
    readItem(
      body,
      0,
      {
        now: Date.now(),
        ageMs: 400 * 86_400_000,
        keys,
        links,
        catalog: EMPTY_CATALOG,
        householdBy: 'person',
        currency: 'USD',
        type: 'track',
      },
      into,
    );
    return c.json(
      { success: true, accepted: into.touches.id.length, duplicates: 0, ignored: into.ignored },
      into.errors.length > 0 ? 422 : 200,
    );
  });
  const server = createAdaptorServer({ fetch: app.fetch }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => void server.close() };
}
