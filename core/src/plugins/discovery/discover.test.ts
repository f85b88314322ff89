import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPluginsFolder, freeze, source, type PluginsFolder } from '../testing/packages.ts';
import { discoverPlugins, SDK_VERSIONS } from './discover.ts';

describe('discovery', () => {
  let folder: PluginsFolder;
  beforeEach(() => void (folder = createPluginsFolder()));
  afterEach(() => folder.remove());
  const discover = (trusted = true) => discoverPlugins([{ dir: folder.dir, trusted }]);
  const write = (name: string, manifest: Parameters<typeof freeze>[0] = { id: `test.${name}` }) =>
    folder.write(name, source(`id: '${manifest.id}'`), freeze(manifest));

  test('finds packages in areas, by id, without running them', async () => {
    folder.write('bomb', `process.exit(1);`, freeze({ id: 'test.bomb' }));
    write('calm');
    const { sources, broken } = await discover();
    expect(sources.map(({ json }) => json.id)).toEqual(['test.bomb', 'test.calm']);
    expect(broken).toEqual([]);
    expect(sources[0]?.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  test('passes over what is no plugin: other packages, node_modules, hidden folders, loose files', async () => {
    for (const name of ['area/library', 'node_modules/x', '.cache/x', 'area/one/src/deep']) {
      mkdirSync(join(folder.dir, name), { recursive: true });
      writeFileSync(join(folder.dir, name, 'package.json'), '{"name":"x"}');
    }
    writeFileSync(join(folder.dir, 'README.md'), '# plugins');
    writeFileSync(join(folder.dir, 'area/library/package.json'), 'not even JSON');
    expect(await discover()).toEqual({ sources: [], broken: [] });
  });

  test('a directory that is not there holds nothing', async () => {
    expect(await discoverPlugins([{ dir: join(folder.dir, 'nowhere'), trusted: true }])).toEqual({
      sources: [],
      broken: [],
    });
  });

  test('of two with one id the first keeps it, and the second says where that is', async () => {
    write('a', { id: 'test.twin' });
    write('b', { id: 'test.twin' });
    const { sources, broken } = await discover();
    expect(sources).toHaveLength(1);
    expect(broken).toMatchObject([
      {
        id: `test.twin (${join(folder.dir, 'area/b')})`,
        reason: `test.twin is already installed from ${join(folder.dir, 'area/a')}; remove one of the two`,
      },
    ]);
  });

  test('one without its entry says so', async () => {
    write('hollow');
    rmSync(join(folder.dir, 'area/hollow/index.ts'));
    expect((await discover()).broken).toMatchObject([
      { id: 'test.hollow', reason: 'the main entry of its package.json is not there; build it' },
    ]);
  });

  test.each([
    ['a path', { id: 'test.greedy', prefixes: ['/api/v1/greedy'] } as const],
    ['SQL', { id: 'test.greedy', capabilities: ['data:sql'] } as const],
  ])('a stranger may not claim %s', async (_, manifest) => {
    write('greedy', manifest);
    expect((await discover()).sources).toHaveLength(1);
    expect((await discover(false)).broken).toMatchObject([
      { id: 'test.greedy', reason: 'only trusted plugins may claim paths or hold SQL' },
    ]);
  });

  test.each([
    ['^0.1', true],
    ['0.x', true],
    ['^0.2', false],
    ['>=1', false],
  ])('a plugin for SDK %s is taken: %s', async (sdk, taken) => {
    write('ranged', { id: 'test.ranged', sdk });
    expect((await discover()).sources).toHaveLength(taken ? 1 : 0);
  });
});

test('the host speaks the version of the SDK it is built with', () => {
  const about: unknown = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../../sdk/sdk/package.json'), 'utf8'),
  );
  expect(about).toMatchObject({ version: SDK_VERSIONS[0] });
});
