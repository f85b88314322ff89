import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findCycle, readPackages, readSources, ROOT } from './sources.ts';

const sources = readSources();
const packages = readPackages();
const plugins = packages.filter((one) => one.folder.startsWith('plugins/'));
const code = sources.filter((file) => !file.isTest && !file.path.includes('/examples/'));
const roomOf = (path: string): string | undefined => /^core\/src\/([^/]+)\//.exec(path)?.[1];
const packageOf = (path: string) => packages.find(({ folder }) => path.startsWith(`${folder}/`));

describe('floors', () => {
  test('the sdk imports nothing of ours above it', () => {
    const climbing = code.flatMap(({ path, imports }) =>
      path.startsWith('sdk/sdk/')
        ? imports.filter((name) => name.startsWith('@podlift/')).map((name) => `${path} -> ${name}`)
        : [],
    );
    expect(climbing).toEqual([]);
  });

  test('core imports the sdk and nothing else of ours', () => {
    const wrong = sources.flatMap(({ path, imports, isTest }) =>
      path.startsWith('core/')
        ? imports
            .filter(
              (name) =>
                name.startsWith('@podlift/') &&
                !/^@podlift\/sdk(\/|$)/.test(name) &&
                !(isTest && /^@podlift\/(testkit|core)/.test(name)),
            )
            .map((name) => `${path} -> ${name}`)
        : [],
    );
    expect(wrong).toEqual([]);
  });

  test('core names no plugin', () => {
    const names = plugins.flatMap(({ name, folder }) => [name, `podlift.${folder.split('/').at(-1)}`]);
    const found = code
      .filter(({ path }) => path.startsWith('core/'))
      .flatMap(({ path }) => {
        const text = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
        return names
          .filter((name) => new RegExp(`['"\`]${name.replace(/[./]/g, '\\$&')}['"\`/]`).test(text))
          .map((name) => `${path} names ${name}`);
      });
    expect(found).toEqual([]);
  });

  test('a plugin holds the sdk and the contracts of other plugins', () => {
    const wrong = code
      .filter(({ path }) => path.startsWith('plugins/') && /\/src\//.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(
            (name) =>
              name.startsWith('@podlift/') &&
              !/^@podlift\/sdk(\/(di|http|sql))?$/.test(name) &&
              !/^@podlift\/[a-z-]+\/contract$/.test(name),
          )
          .map((name) => `${path} -> ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('no package depends on one above it, and no circle closes', () => {
    const graph = new Map(
      packages.map(({ name, dependencies = {} }) => [
        name,
        new Set(Object.keys(dependencies).filter((dep) => dep.startsWith('@podlift/'))),
      ]),
    );
    expect(findCycle(graph)).toBeUndefined();
    for (const { name, dependencies = {} } of plugins) {
      expect(Object.keys(dependencies), `${name} may use core and the test kit in its tests only`).not.toContain(
        '@podlift/core',
      );
      expect(Object.keys(dependencies), `${name} may use core and the test kit in its tests only`).not.toContain(
        '@podlift/testkit',
      );
    }
  });

  test('relative imports stay inside their package', () => {
    const leaving = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => /^(core|sdk|plugins)\//.test(name) && packageOf(name)?.folder !== packageOf(path)?.folder)
        .map((name) => `${path} -> ${name}`),
    );
    expect(leaving).toEqual([]);
  });
});

describe('rooms of core', () => {
  test('are entered through their door', () => {
    const aroundTheDoor = sources.flatMap(({ path, imports, isTest }) => {
      const room = roomOf(path);
      return imports
        .filter((name) => {
          const other = roomOf(name);
          return (
            other !== undefined &&
            room !== undefined &&
            other !== room &&
            name !== `core/src/${other}/index.ts` &&
            !(isTest && name.startsWith(`core/src/${other}/testing/`))
          );
        })
        .map((name) => `${path} -> ${name}`);
    });
    expect(aroundTheDoor).toEqual([]);
  });

  test('form no circle; app and cli stand on top', () => {
    const graph = new Map<string, Set<string>>();
    for (const { path, imports } of code) {
      const room = roomOf(path);
      if (!room) continue;
      const others = graph.get(room) ?? new Set<string>();
      for (const name of imports) {
        const other = roomOf(name);
        if (other && other !== room) others.add(other);
      }
      graph.set(room, others);
    }
    expect(findCycle(graph)).toBeUndefined();
    const above = [...graph].flatMap(([room, others]) =>
      (room === 'cli' ? [] : [...others].filter((other) => other === 'cli' || (other === 'app' && room !== 'cli'))).map(
        (other) => `${room} -> ${other}`,
      ),
    );
    expect(above).toEqual([]);
  });
});

describe('plugins', () => {
  test.each(plugins.map((one) => [one.name, one] as const))(
    '%s looks like every other plugin',
    (_, { folder, podlift, license, exports: doors = {} }) => {
      for (const file of ['README.md', 'plugin.json', 'tsconfig.json', 'src/index.ts', 'src/manifest.ts'])
        expect(existsSync(join(ROOT, folder, file)), `${folder}/${file}`).toBe(true);
      expect(podlift?.plugin).toBe('./plugin.json');
      expect(license).toBe('Apache-2.0');
      expect(Object.keys(doors).every((door) => ['.', './contract', './plugin.json'].includes(door))).toBe(true);
    },
  );
});

describe('housekeeping', () => {
  test('no folder is a drawer for everything', () => {
    const drawers = sources
      .map(({ path }) => path)
      .filter((path) => /\/(utils?|helpers?|common|misc)(\/|\.ts$)/.test(path));
    expect(drawers).toEqual([]);
  });
});

test('findCycle tells the way round', () => {
  const graph = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c'])],
    ['c', new Set(['b'])],
  ]);
  expect(findCycle(graph)).toEqual(['b', 'c', 'b']);
  expect(findCycle(new Map([['a', new Set(['b'])]]))).toBeUndefined();
});
