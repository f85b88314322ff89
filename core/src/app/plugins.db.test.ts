import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from './testing/database.ts';
import { createHome, type Home } from './testing/home.ts';
import { createPluginsFolder, hello, type PluginsFolder } from './testing/plugins.ts';
import type { Product } from './testing/product.ts';

const PATIENCE = { timeout: 60_000, interval: 100 };
const SLOW = 150_000;

const NOTES = `const noted = migration('0001_notes', (schema) => schema.tenantTable({ name: 'note',
  columns: { id: 'uuid not null', text: 'text' }, primaryKey: ['id'], privacy: { id: 'none', text: 'none' } }));`;
const withNotes = (migration: string): string =>
  hello(
    'migration',
    `capabilities: ['data:sql'], data: { migrations: [noted] }`,
    '',
    `import { migration } from '@podlift/sdk/sql';\n${migration}`,
  );
const GREETER = `const greeter = service('greeter.greet@1', { greet: method(z.object({}), z.object({ text: z.string() })) });`;
const POINT = `import { extensionPoint } from '@podlift/sdk';
const point = extensionPoint('fine.entries@1', z.object({ label: z.string() }), { run: method(z.object({}), z.object({})) });`;
const CONTRIBUTES = `declare.contribute(point, { id: 'entry', label: 'An entry', run: () => ({}) });`;

/** Name -> the source as its author froze it, what stands there instead, and what people read about it. */
const BROKEN: Readonly<Record<string, { sound: string; broken?: string; reason: RegExp }>> = {
  throws: {
    sound: hello('throws'),
    broken: `throw new Error('its licence has expired');\n`,
    reason: /^its licence has expired$/,
  },
  spins: {
    sound: hello('spins'),
    broken: hello('spins', '', 'for (;;);'),
    reason: /did not answer for 10 s/,
  },
  migration: {
    sound: withNotes(NOTES),
    broken: withNotes(NOTES.replace("text: 'text'", "text: 'no_such_type'")),
    reason: /^Migration 0001_notes of test\.migration failed and was rolled back: type "no_such_type" does not exist/,
  },
  naked: {
    sound: hello(
      'naked',
      `capabilities: ['data:sql'], data: { migrations: [bare] }`,
      '',
      `import { migration } from '@podlift/sdk/sql';
       const bare = migration('0001_bare', (schema) => schema.sql('create table bare (id uuid primary key)'));`,
    ),
    reason: /bare/,
  },
  needs: {
    sound: hello('needs', 'requires: { greeter }', '', GREETER),
    reason: /^test\.needs requires greeter\.greet@1, which no installed plugin provides$/,
  },
  garbage: {
    sound: hello(
      'garbage',
      '',
      `declare.contribute(point, { id: 'odd', label: 42, run: () => ({}) });`,
      POINT.replace('z.string()', 'z.any()'),
    ),
    reason: /does not fit fine\.entries@1 of test\.fine: label/,
  },
  undeclared: {
    sound: hello('undeclared'),
    broken: hello('undeclared', '', `declare.health(() => ({ ok: true }));`),
    reason: /declares something else than its plugin\.json says .*declares\.health/,
  },
};

describe('plugins that are broken, in the running product', () => {
  let plugins: PluginsFolder;
  const names = Object.keys(BROKEN);
  let database: OwnDatabase;
  let home: Home;
  let product: Product;
  let key: string;
  beforeAll(async () => {
    plugins = createPluginsFolder();
    plugins.write('fine', hello('fine', 'opens: [point]', CONTRIBUTES, POINT));
    for (const [name, { sound }] of Object.entries(BROKEN)) plugins.write(name, sound);
    [database] = await Promise.all([createDatabase(inject('postgres')), plugins.freeze('fine', ...names)]);
    // A timer that nobody stops holds neither a command nor the end of the product.
    plugins.write('fine', hello('fine', 'opens: [point]', CONTRIBUTES, `${POINT}\nsetInterval(() => {}, 1000);`));
    for (const [name, { broken }] of Object.entries(BROKEN)) if (broken) plugins.write(name, broken);
    home = createHome({ ...database.env, PODLIFT_PLUGINS_DIR: plugins.dir });
    product = await home.start(['start', '--empty'], { supervised: true });
    await home.ask('tenant', 'create', 'acme');
    key = ((await home.ask('key', 'create', '--tenant', 'acme', '--name', 'drill')) as { key: string }).key;
  }, SLOW);
  afterAll(async () => {
    await home.remove();
    await database.drop();
    plugins.remove();
  });

  const get = async (
    path: string,
  ): Promise<{
    status: number;
    body: { items: { id: string; state: string; reason?: string }[] } & Record<string, unknown>;
  }> => {
    const response = await fetch(`${product.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    // Each route that is asked here answers with an object.
    return {
      status: response.status,
      body: (await response.json()) as { items: { id: string; state: string; reason?: string }[] },
    };
  };
  const stateOf = async (name: string) =>
    (await get('/api/v1/plugins')).body.items.find(({ id }) => id === `test.${name}`);

  test('the product is up, and whoever is well is served', async () => {
    expect(product.stderr()).toContain('while loading test.spins; starting again');
    expect(await get('/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect(await get('/api/v1/x/test/fine/hello')).toMatchObject({ status: 200, body: { hello: 'fine' } });
  });

  test.each(names)('%s: the reason is shown, and a call says that it does not run', async (name) => {
    const { reason } = BROKEN[name] ?? {};
    expect(await stateOf(name)).toMatchObject({ state: 'degraded', reason: expect.stringMatching(reason ?? /^$/) });
    expect(await get(`/api/v1/x/test/${name}/hello`)).toMatchObject({ status: 503, body: { code: 'plugin_failed' } });
    expect(product.stderr()).toContain(`test.${name} is degraded: `);
  });

  test('`podlift plugin doctor` names each, beside the running product', { timeout: SLOW }, async () => {
    const { code, stdout } = await home.podlift('plugin', 'doctor', '--json');
    expect(code).toBe(1);
    const findings = JSON.parse(stdout) as { level: string; plugin: string; message: string }[];
    const wrong = findings.filter(({ level }) => level === 'error');
    expect(wrong.map(({ plugin }) => plugin).toSorted()).toEqual(names.map((name) => `test.${name}`).toSorted());
    for (const { plugin, message } of wrong)
      expect(message).toMatch(new RegExp(BROKEN[plugin.slice(5)]?.reason.source.replace(/^\^|\$$/g, '') ?? '^$'));
  });

  test.each(['throws', 'spins', 'migration'])(
    '%s: once its file is mended, a retry brings it up in the running product',
    { timeout: SLOW },
    async (name) => {
      plugins.write(name, BROKEN[name]?.sound ?? '');
      const { code, stdout, stderr } = await home.podlift('plugin', 'retry', `test.${name}`, '--json');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(JSON.parse(stdout)).toMatchObject({ id: `test.${name}`, state: 'active' });
      await expect
        .poll(() => get(`/api/v1/x/test/${name}/hello`), PATIENCE)
        .toMatchObject({ status: 200, body: { hello: name } });
      // It answers a moment before the last of its events and jobs are in place.
      await expect.poll(() => stateOf(name), PATIENCE).toMatchObject({ state: 'active' });
    },
  );

  test('a retry of what is still broken fails, and says so', { timeout: SLOW }, async () => {
    const { code, stdout } = await home.podlift('plugin', 'retry', 'test.undeclared', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'degraded', reason: expect.stringMatching(/declares\.health/) });
    expect(code).toBe(1);
  });

  test('a timer that a plugin left behind does not keep the product', async () => {
    expect(await product.kill('SIGTERM')).toBe(0);
  });
});
