import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { definePlugin, type Manifest, type Plugin } from '@podlift/sdk';
import { recordPlugin, type PluginJson } from '@podlift/sdk/kernel';

/** A folder of plugins on disk, as an installation has it. */
export interface PluginsFolder {
  readonly dir: string;
  /** Writes a package; `code` is the body of its module, `json` what its plugin.json says. */
  write(name: string, code: string, json: object | string | undefined): void;
  remove(): void;
}

/** Makes one in the temporary folder, with the SDK and zod beside it. */
export function createPluginsFolder(): PluginsFolder {
  const dir = mkdtempSync(join(tmpdir(), 'podlift-plugins-'));
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@podlift'), { recursive: true });
  symlinkSync(join(import.meta.dirname, '../../../../sdk/sdk'), join(modules, '@podlift/sdk'), 'dir');
  symlinkSync(dirname(createRequire(import.meta.url).resolve('zod/package.json')), join(modules, 'zod'), 'dir');
  return {
    dir,
    write(name, code, json) {
      const folder = join(dir, 'area', name);
      mkdirSync(folder, { recursive: true });
      const about = {
        name: `@test/${name}`,
        type: 'module',
        exports: { '.': './index.ts' },
        podlift: { plugin: './plugin.json' },
      };
      writeFileSync(join(folder, 'package.json'), JSON.stringify(about));
      writeFileSync(
        join(folder, 'index.ts'),
        `import { definePlugin } from '@podlift/sdk';\nimport { z } from 'zod';\nvoid z;\n${code}`,
      );
      if (json !== undefined)
        writeFileSync(join(folder, 'plugin.json'), typeof json === 'string' ? json : JSON.stringify(json));
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Like a plugin's own, whatever it returns. */
type Setup = (declare: Parameters<Plugin['setup']>[0]) => void;

/** The plugin.json of a plugin that does what it says. */
export function freeze(
  manifest: Partial<Manifest> & { readonly id: string },
  setup: Setup = () => undefined,
): PluginJson {
  const whole: Manifest = { version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0', ...manifest };
  return recordPlugin({
    ...definePlugin({ id: 'test.base', version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0' }, () => undefined),
    manifest: whole,
    setup(declare) {
      setup(declare);
      return undefined;
    },
  });
}

/** The source of a plugin with this manifest, as text. */
export const source = (manifest: string, setup = '() => {}'): string =>
  `export default definePlugin({ version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0', ${manifest} }, ${setup});`;
