import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { boot, createEdge, type Rooms } from '../../app/index.ts';
import pg from 'pg';
import { createDatabase } from '../../app/testing/database.ts';
import { createPluginsFolder } from '../../app/testing/plugins.ts';
import { loadConfig } from '../../config/index.ts';
import { createLog } from '../../telemetry/index.ts';
import { Writable } from 'node:stream';

const PLUGINS = join(import.meta.dirname, '../../../../plugins');

/** A whole installation in this process, with every plugin of the repository and some of a test's own. */
export interface Installation {
  readonly rooms: Rooms;
  readonly url: string;
  readonly dataDir: string;
  /** A request through the whole pipeline. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Everything that was logged. */
  logged(): string;
  sql<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

export async function openInstallation(
  server: { readonly url: string; readonly masterKey: string },
  plugins: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'podlift-portability-'));
  const folder = createPluginsFolder();
  copyPlugins(folder.dir);
  for (const [name, source] of Object.entries(plugins)) {
    folder.write(name, source);
    await folder.freeze(name);
  }
  const database = await createDatabase(server);
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  let text = '';
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const config = loadConfig(
    { ...database.env, PODLIFT_MODE: 'test', PODLIFT_LOG_LEVEL: 'debug', PODLIFT_DATA_DIR: dataDir },
    { pluginsDir: folder.dir },
  );
  const { root, close } = await boot(config, { log: createLog(config, sink) });
  const rooms = root.cradle;
  await rooms.plugins.start();
  const app = createEdge(root);
  return {
    rooms,
    request: async (path, init) => app.fetch(new Request(`http://podlift.test${path}`, init)),
    url: database.url,
    dataDir,
    logged: () => text,
    sql: async <T extends object>(sql: string, values: readonly unknown[] = []) =>
      (await admin.query(sql, [...values])).rows as T[],
    async close() {
      await rooms.plugins.stop();
      await close();
      await admin.end();
      await database.drop();
      folder.remove();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** As they are, with what they need from beside. */
function copyPlugins(dir: string): void {
  for (const area of readdirSync(PLUGINS))
    for (const name of readdirSync(join(PLUGINS, area))) {
      const from = join(PLUGINS, area, name);
      const to = join(dir, area, name);
      if (!existsSync(join(from, 'package.json'))) continue;
      mkdirSync(to, { recursive: true });
      cpSync(from, to, {
        recursive: true,
        filter: (path) => !['node_modules', 'dist', 'bench', 'tsconfig.json'].includes(basename(path)),
      });
      symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'), 'dir');
    }
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
}
