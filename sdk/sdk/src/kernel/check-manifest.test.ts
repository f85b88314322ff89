import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collection, ingestion, publishedView, service, type ContractId, type Manifest } from '../index.ts';
import { migration } from '../sql/index.ts';
import { assertManifest, manifestProblems } from './check-manifest.ts';

const good: Manifest = { id: 'acme.shop', version: '1.0.0-beta.1', sdk: '^0.1', license: 'MIT' };
const view = publishedView('acme.shop.orders@1', { id: 'uuid' });
const hits = ingestion('hits', { id: 'uuid' });
const made = migration('0001_orders', (schema) => {
  schema.view(view, 'select id from "order"');
  schema.ingestFunction(hits, { into: ['hit'], body: 'select 1, true' });
});

test('a manifest that holds has no problem', () => {
  const full: Manifest = {
    ...good,
    capabilities: ['net:fetch', 'data:sql', 'data:ingest'],
    optionalCapabilities: ['data:collections'],
    hosts: ['api.shop.com', '*.shop.com', 'localhost', '*'],
    secrets: ['API_KEY'],
    provides: [service('acme-shop.orders@2', {})],
    collections: { things: collection(z.object({}), { privacy: {} }) },
    data: { migrations: [made], publishes: [view], ingest: [hits] },
    permissions: { 'orders:read': { title: 'Read orders', roles: ['viewer'] } },
    prefixes: ['/api/v1/orders', '/v1'],
  };
  expect(manifestProblems(full)).toEqual([]);
});

describe('a problem is named for', () => {
  const one = service('acme.one@1', {});
  test.each<[Partial<Manifest>, string, string]>([
    [{ id: 'shop' }, 'id', 'is <publisher>.<name>'],
    [{ id: 'Acme.Shop' }, 'id', 'lower case'],
    [{ version: '1.0' }, 'version', 'is no semantic version'],
    [{ sdk: ' ' }, 'sdk', 'names no range'],
    [{ license: '' }, 'license', 'names no licence'],
    [{ capabilities: ['files', 'files'] }, 'capabilities', 'names a capability twice'],
    [{ hosts: ['api.shop.com'] }, 'hosts', 'needs the capability net:fetch'],
    [{ capabilities: ['net:fetch'], hosts: ['https://shop.com'] }, 'hosts.https:..shop.com', 'is no host name'],
    [{ secrets: ['KEY'] }, 'secrets', 'needs the capability secrets:read or net:fetch'],
    [{ collections: { things: collection(z.object({}), { privacy: {} }) } }, 'collections', 'data:collections'],
    [{ data: {} }, 'data', 'needs the capability data:sql'],
    [{ provides: [one, one] }, 'provides', 'names a contract twice'],
    // A caller without types.
    [{ provides: [service('one' as ContractId, {})] }, 'provides.one', 'is not <name>.<name>@<major>'],
    [{ permissions: { 'Orders:': { title: '', roles: [] } } }, 'permissions.Orders:', 'is not <subject>:<action>'],
    [{ prefixes: ['/api/{id}'] }, 'prefixes..api.{id}', 'is no path without parameters'],
    [
      { capabilities: ['data:sql'], data: { publishes: [view] } },
      'data.publishes.acme.shop.orders@1',
      'is made by no migration',
    ],
    [
      { capabilities: ['data:sql'], data: { publishes: [publishedView('other.orders@1', {})], migrations: [made] } },
      'data.publishes.other.orders@1',
      'belongs to podlift.other',
    ],
    [{ capabilities: ['data:sql'], data: { ingest: [hits], migrations: [made] } }, 'data', 'data:ingest'],
    [{ capabilities: ['data:sql'], data: { migrations: [made, made] } }, 'data.migrations', 'not in order'],
  ])('%o', (more, path, message) => {
    const problems = manifestProblems({ ...good, ...more }).map((one) => ({ ...one, path: one.path.join('.') }));
    expect(problems).toContainEqual({ path, message: expect.stringContaining(message) as string });
  });
});

test('all problems are told at once', () => {
  expect(() => assertManifest({ ...good, version: 'x', hosts: ['a.b'] })).toThrow(
    'acme.shop has a manifest that does not hold: version is no semantic version; hosts needs the capability net:fetch',
  );
});
