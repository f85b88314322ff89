import { service, method, extensionPoint } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
import { createTestHost, type TestHost } from '@podlift/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createPluginsFolder, freeze, source, type PluginsFolder } from './testing/packages.ts';
import { codes, shop } from './testing/shop.ts';

const OPERATOR = { kind: 'user', id: 'root' } as const;
const nobody = service('nobody.here@1', { x: method(z.object({}), z.object({})) });
const given = service('given.by@1', { x: method(z.object({}), z.object({})) });
const loose = extensionPoint('shop.rules@1', z.object({ label: z.any() }), {
  allow: method(z.any(), z.object({ ok: z.boolean() })),
});
const broken = migration('0001_broken', (schema) =>
  schema.sql('create table nonsense (id uuid primary key) with no sense'),
);
const naked = migration('0001_naked', (schema) => schema.sql('create table naked (id uuid primary key)'));

const GIVEN = `import { service, method } from '@podlift/sdk';
const given = service('given.by@1', { x: method(z.object({}), z.object({})) });`;

/** Name -> the module, its plugin.json, and the sentence that people see. */
const MATRIX: readonly [name: string, code: string, json: object | string | undefined, reason: unknown][] = [
  ['import', `throw new Error('the module threw');`, freeze({ id: 'test.import' }), 'the module threw'],
  ['syntax', `export default definePlugin({`, freeze({ id: 'test.syntax' }), expect.any(String)],
  [
    'hang',
    `await new Promise(() => {}); export default 1;`,
    freeze({ id: 'test.hang' }),
    'its module was not loaded within 0.4 s',
  ],
  [
    'nothing',
    `export const plugin = 1;`,
    freeze({ id: 'test.nothing' }),
    'its entry does not export a plugin by default: export default definePlugin(…)',
  ],
  [
    'setup',
    source(`id: 'test.setup'`, `() => { throw new Error('setup threw'); }`),
    freeze({ id: 'test.setup' }),
    'setup threw',
  ],
  [
    'async',
    source(`id: 'test.async'`, `async () => {}`),
    freeze({ id: 'test.async' }),
    expect.stringContaining('returns something from setup'),
  ],
  [
    'migration',
    `const m = { name: '0001_broken', operations: [{ kind: 'sql', sql: 'create table nonsense (id uuid primary key) with no sense' }] };\n${source(`id: 'test.migration', capabilities: ['data:sql'], data: { migrations: [m] }`)}`,
    freeze({ id: 'test.migration', capabilities: ['data:sql'], data: { migrations: [broken] } }),
    expect.stringMatching(/^Migration 0001_broken of test\.migration failed and was rolled back: syntax error/),
  ],
  [
    'policy',
    `const m = { name: '0001_naked', operations: [{ kind: 'sql', sql: 'create table naked (id uuid primary key)' }] };\n${source(`id: 'test.policy', capabilities: ['data:sql'], data: { migrations: [m] }`)}`,
    freeze({ id: 'test.policy', capabilities: ['data:sql'], data: { migrations: [naked] } }),
    expect.stringMatching(/naked/),
  ],
  [
    'garbage',
    source(`id: 'test.garbage'`),
    freeze({ id: 'test.garbage' }, (declare) =>
      declare.contribute(loose, { id: 'odd', label: 42, allow: () => ({ ok: true }) }),
    ),
    'its entry odd does not fit shop.rules@1 of test.shop: label: Invalid input: expected string, received number',
  ],
  [
    'less',
    source(`id: 'test.less', emits: []`, `({ health }) => { health(() => ({ ok: true })); }`),
    freeze({ id: 'test.less' }),
    'test.less declares something else than its plugin.json says (declares.health is true but false in plugin.json); run pnpm freeze',
  ],
  [
    'more',
    source(`id: 'test.more'`),
    freeze({ id: 'test.more' }, (declare) => declare.health(() => ({ ok: true }))),
    'test.more declares something else than its plugin.json says (declares.health is false but true in plugin.json); run pnpm freeze',
  ],
  [
    'needs',
    source(`id: 'test.needs'`),
    freeze({ id: 'test.needs', requires: { nobody } }),
    'test.needs requires nobody.here@1, which no installed plugin provides',
  ],
  [
    'version',
    source(`id: 'test.version'`),
    freeze({ id: 'test.version', requires: { codes: { ...codes, id: 'shop.codes@2' } } }),
    'test.version requires shop.codes@2, but test.shop provides shop.codes@1',
  ],
  [
    'prefix',
    source(`id: 'test.prefix'`),
    freeze({ id: 'test.prefix', prefixes: ['/api/v1/plugins'] }),
    'test.prefix cannot claim the path /api/v1/plugins: /api/v1/plugins belongs to Podlift itself',
  ],
  ['json', source(`id: 'test.json'`), '{ "id": "test.json", ', expect.stringContaining('its plugin.json is not JSON')],
  [
    'shape',
    source(`id: 'test.shape'`),
    { ...freeze({ id: 'test.shape' }), declares: 'nothing' },
    expect.stringMatching(/^its plugin\.json does not fit \(declares/),
  ],
  [
    'unfrozen',
    source(`id: 'test.unfrozen'`),
    undefined,
    'its package.json names ./plugin.json, which is not there; run pnpm freeze',
  ],
  [
    'sdk',
    source(`id: 'test.sdk'`),
    { ...freeze({ id: 'test.sdk' }), sdk: '^9' },
    expect.stringMatching(/^it wants SDK \^9, and this host has 0\.1\.0$/),
  ],
];

describe('a broken plugin', () => {
  let folder: PluginsFolder;
  let host: TestHost;
  let tenant: string;
  beforeAll(async () => {
    folder = createPluginsFolder();
    folder.write('fine', source(`id: 'test.fine'`), freeze({ id: 'test.fine' }));
    for (const [name, code, json] of MATRIX) folder.write(name, code, json);
    // It stands behind one that breaks.
    folder.write(
      'giver',
      `import { service, method } from '@podlift/sdk';\nthrow new Error('no gift');`,
      freeze({ id: 'test.giver', provides: [given] }, (declare) => declare.provide(given, { x: () => ({}) })),
    );
    folder.write(
      'taker',
      `${GIVEN}\n${source(`id: 'test.taker', requires: { given }`)}`,
      freeze({ id: 'test.taker', requires: { given } }),
    );
    host = await createTestHost({
      plugins: [shop, folder.dir],
      host: { importMs: 400, reserved: ['/api/v1/plugins'] },
      jobs: false,
    });
    tenant = await host.tenant();
  });
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });
  const stateOf = (id: string) => host.plugins.list().find((one) => one.id === id);

  test.each(MATRIX.map(([name, , , reason]) => [name, reason] as const))(
    '%s is degraded and says why',
    (name, reason) => {
      const found = stateOf(`test.${name}`) ?? stateOf(`@test/${name}`);
      expect(found?.state).toBe('degraded');
      expect(found?.reason).toEqual(reason);
    },
  );

  test('the others are served', async () => {
    expect(stateOf('test.fine')).toMatchObject({ state: 'active' });
    expect(await host.call([codes.id, 'add'], { code: 'fine', uses: 0 }, { tenant })).toHaveProperty('id');
    expect(await host.request('/api/v1/x/test/shop/codes/nope', {}, { tenant })).toHaveProperty('status', 404);
  });

  test('whoever needs it is degraded with the chain of reasons', () => {
    expect(stateOf('test.taker')).toMatchObject({
      state: 'degraded',
      reason: 'test.taker requires given.by@1 of test.giver, which is degraded: no gift',
    });
    expect(host.plugins.show('test.giver').missingWithout).toMatchObject({
      plugins: ['test.taker'],
      services: ['given.by@1'],
    });
  });

  test('a call says that it does not run, and why', async () => {
    await expect(
      host.plugins.invoke({ plugin: 'test.import', target: 'health', input: null, tenant }),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'test.import does not run: the module threw',
    });
  });

  test('the table and the audit trail know', async () => {
    const [row] = await host.rooms.database.admin('select state, reason from core.plugin where id = $1', [
      'test.import',
    ]);
    expect(row).toEqual({ state: 'degraded', reason: 'the module threw' });
    expect(await host.rooms.audit.listOperator({ target: 'plugin:test.import' })).toMatchObject([
      { action: 'plugin.degraded', details: { reason: 'the module threw' } },
      { action: 'plugin.starting' },
      { action: 'plugin.discovered' },
    ]);
  });

  test('the operator sees it over REST, and health says degraded', async () => {
    const response = await host.request('/api/v1/system/plugins/test.giver', {}, { operator: true });
    expect(await response.json()).toMatchObject({
      state: 'degraded',
      reason: 'no gift',
      missingWithout: { plugins: ['test.taker'] },
    });
    const ready = await (await host.request('/health/ready')).json();
    expect(ready).toMatchObject({ status: 'degraded' });
  });

  test('the doctor lists them', () => {
    expect(
      host.plugins
        .doctor()
        .filter(({ level }) => level === 'error')
        .map(({ plugin }) => plugin),
    ).toContain('test.migration');
  });

  test('retry without a change fails again', async () => {
    expect(await host.plugins.retry('test.import', OPERATOR)).toMatchObject({
      state: 'degraded',
      reason: 'the module threw',
    });
  });

  test('retry after the repair brings it up, with those that wait for it', async () => {
    folder.write(
      'giver',
      `${GIVEN}\n${source(`id: 'test.giver', provides: [given]`, `({ provide }) => { provide(given, { x: () => ({}) }); }`)}`,
      undefined,
    );
    const response = await host.request(
      '/api/v1/system/plugins/test.giver/retry',
      { method: 'POST' },
      { operator: true },
    );
    expect(await response.json()).toMatchObject({ id: 'test.giver', state: 'active' });
    expect(stateOf('test.taker')).toMatchObject({ state: 'active' });
    expect(await host.call([given.id, 'x'], {}, { tenant })).toEqual({});
    const acts = await host.rooms.audit.listOperator({ target: 'plugin:test.giver' });
    expect(acts.map(({ action }) => action)).toEqual([
      'plugin.active',
      'plugin.starting',
      'plugin.retry',
      'plugin.degraded',
      'plugin.starting',
      'plugin.discovered',
    ]);
  });

  test('the operator switches one off: those that need it follow, and come back with it', async () => {
    await host.plugins.switchOff('test.giver', OPERATOR);
    expect(stateOf('test.giver')).toMatchObject({ state: 'disabled', reason: 'an operator switched it off' });
    expect(stateOf('test.taker')).toMatchObject({
      state: 'degraded',
      reason: 'test.taker requires given.by@1 of test.giver, which is degraded: an operator switched it off',
    });
    await host.plugins.switchOn('test.giver', OPERATOR);
    expect([stateOf('test.giver')?.state, stateOf('test.taker')?.state]).toEqual(['active', 'active']);
  });

  test('one that misbehaves while it runs is taken out', async () => {
    await host.plugins.degrade('test.giver', 'it threw where nobody caught it');
    expect([stateOf('test.giver')?.state, stateOf('test.taker')?.state]).toEqual(['degraded', 'degraded']);
    await host.plugins.retry('test.giver', OPERATOR);
    expect(stateOf('test.taker')?.state).toBe('active');
  });
});
