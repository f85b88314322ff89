import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A folder of plugins as an author has them. */
export interface PluginsFolder {
  readonly dir: string;
  /** Writes the package `name` with this source, and leaves its plugin.json as it is. */
  write(name: string, source: string): void;
  /** Puts the plugins of the repository beside them. */
  addOurs(): void;
  /** Writes plugin.json of these, as an author does. */
  freeze(...names: readonly string[]): Promise<void>;
  remove(): void;
}

const ROOT = join(import.meta.dirname, '../../../..');
const FREEZE = join(ROOT, 'sdk/plugin-cli/src/main.ts');
const run = promisify(execFile);

/** Makes one in the temporary folder, with the SDK and zod beside it. */
export function createPluginsFolder(): PluginsFolder {
  const dir = mkdtempSync(join(tmpdir(), 'podlift-plugins-'));
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@podlift'), { recursive: true });
  symlinkSync(join(ROOT, 'sdk/sdk'), join(modules, '@podlift/sdk'), 'dir');
  symlinkSync(dirname(createRequire(import.meta.url).resolve('zod/package.json')), join(modules, 'zod'), 'dir');
  const folderOf = (name: string): string => join(dir, 'test', name);
  return {
    dir,
    write(name, source) {
      mkdirSync(join(folderOf(name), 'src'), { recursive: true });
      const about = {
        name: `@test/${name}`,
        type: 'module',
        exports: { '.': './src/index.ts' },
        podlift: { plugin: './plugin.json' },
      };
      writeFileSync(join(folderOf(name), 'package.json'), JSON.stringify(about));
      writeFileSync(join(folderOf(name), 'src/index.ts'), source);
    },
    addOurs() {
      const ours = join(ROOT, 'plugins');
      for (const area of readdirSync(ours)) symlinkSync(join(ours, area), join(dir, area), 'dir');
    },
    async freeze(...names) {
      await run(process.execPath, ['--conditions=@podlift/source', FREEZE, 'freeze', ...names.map(folderOf)], {
        timeout: 30_000,
      });
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** The source of a plugin that answers `GET /hello` and does what `more` says. */
export const hello = (name: string, manifest = '', more = '', before = ''): string => `
import { definePlugin, method, service, event, job, collection } from '@podlift/sdk';
import { json, openapi, route, z } from '@podlift/sdk/http';
void [method, service, event, job, collection];
${before}
const say = route({ method: 'get', path: '/hello', 'x-permission': '${name}:read',
  responses: { 200: json(z.object({ hello: z.string() }), 'A greeting') } });
export default definePlugin({ id: 'test.${name}', version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0',
  permissions: { '${name}:read': { title: 'Read', roles: ['owner'] } }, ${manifest} }, (declare) => {
  const routes = [];
  ${more}
  declare.routes(openapi((app) => {
    app.openapi(say, (c) => c.json({ hello: '${name}' }, 200));
    for (const add of routes) add(app);
  }));
});
`;
