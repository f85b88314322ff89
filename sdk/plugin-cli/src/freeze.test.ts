import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin } from '@podlift/sdk';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createFreezeCommand } from './freeze-command.ts';
import { findPluginPackages, freeze, renderPluginJson } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'podlift-freeze-'));
const home = join(root, 'plugins/area/hello');
const json = join(home, 'plugin.json');

/** A plugin needs nothing but a manifest and a setup, so a test's plugin needs no package. */
function writePlugin(folder: string, source: string, podlift: object | null = { plugin: './plugin.json' }): void {
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@acme/hello', type: 'module', podlift }));
  writeFileSync(join(folder, 'src/index.ts'), source);
}
const source = (version: string, setup = 'undefined'): string =>
  `export default { manifest: { id: 'acme.hello', version: '${version}', sdk: '^0.1', license: 'MIT' }, setup: () => ${setup} };`;

/** Runs the command and returns what it printed; each run is of a fresh root, because modules are loaded once. */
async function run(at: string, ...args: string[]): Promise<{ lines: string[]; code: number }> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  process.exitCode = 0;
  await createFreezeCommand(at, { out: print, err: print }).parseAsync(args, { from: 'user' });
  const code = process.exitCode === 0 ? 0 : 1;
  process.exitCode = 0;
  return { lines, code };
}

beforeEach(() => {
  rmSync(join(root, 'plugins'), { recursive: true, force: true });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('freeze', () => {
  test('writes plugin.json once, with sorted keys and an end of line', async () => {
    writePlugin(home, source('1.0.0'));
    expect(await run(root)).toEqual({ lines: ['written plugins/area/hello/plugin.json'], code: 0 });
    const text = readFileSync(json, 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual(keys.toSorted());
    expect(await run(root, '--check')).toEqual({ lines: ['fresh   plugins/area/hello/plugin.json'], code: 0 });
    expect(readFileSync(json, 'utf8')).toBe(text);
  });

  test('with --check names what is stale and how to mend it, and writes nothing', async () => {
    writePlugin(home, source('1.0.0'));
    writeFileSync(json, '{}\n');
    expect(await run(root, '--check')).toEqual({
      lines: ['STALE   plugins/area/hello/plugin.json', '1 stale; write them with: npx -y pnpm@12 freeze'],
      code: 1,
    });
    expect(readFileSync(json, 'utf8')).toBe('{}\n');
  });

  test.each([
    ['throws on import', "throw new Error('boom')", 'boom'],
    ['exports nothing', 'export const x = 1;', 'does not export definePlugin(…) by default'],
    ['is asynchronous in setup', source('1.0.0', 'Promise.resolve()'), 'returns something from setup'],
    ['has a bad manifest', source('one'), 'version is no semantic version'],
  ])('goes on after a plugin that %s', async (name, bad, reason) => {
    const folder = join(root, 'plugins/area', name.replaceAll(' ', '-'));
    writePlugin(folder, bad);
    writePlugin(join(root, 'plugins/last', name.replaceAll(' ', '-')), source('1.0.0'));
    const { lines, code } = await run(root);
    expect(lines[0]).toContain('FAILED ');
    expect(lines[0]).toContain(reason);
    expect(lines[1]).toContain('written plugins/last/');
    expect(code).toBe(1);
  });

  test('says so when there is no plugin', async () => {
    expect(await run(root)).toEqual({ lines: ['there is no plugin in plugins/*/*'], code: 0 });
  });
});

test('finds packages that say that they are plugins, and no others', () => {
  writePlugin(home, source('1.0.0'));
  writePlugin(join(root, 'plugins/area/other'), source('1.0.0'), null);
  expect(findPluginPackages(root, []).map(({ folder }) => folder)).toEqual([home]);
  expect(findPluginPackages(home, [])).toHaveLength(1);
  expect(findPluginPackages(root, ['plugins/area/hello'])).toHaveLength(1);
  expect(() => findPluginPackages(root, ['plugins/area/other'])).toThrow('plugins/area/other holds no plugin');
});

test('the same source always gives the same bytes', async () => {
  const make = () => definePlugin({ id: 'acme.hello', version: '1.0.0', sdk: '^0.1', license: 'MIT' }, () => undefined);
  expect(renderPluginJson(make())).toBe(renderPluginJson(make()));
  writePlugin(home, source('2.0.0'));
  const [found] = findPluginPackages(root, []);
  expect(found && (await freeze(found, { check: true }))).toEqual({ outcome: 'stale' });
});
