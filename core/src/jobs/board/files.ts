import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';

/** The page and everything it loads, from bull-board's package. */
export interface BoardFiles {
  readonly template: string;
  /** By path below the page, `static/js/main.js`. Only what is listed is ever read. */
  read(path: string): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string } | undefined>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

export async function openBoardFiles(): Promise<BoardFiles> {
  const dist = join(dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')), 'dist');
  const entries = await readdir(join(dist, 'static'), { recursive: true, withFileTypes: true });
  const files = new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(dist, file).split(sep).join('/'), file] as const),
  );
  return {
    template: await readFile(join(dist, 'index.ejs'), 'utf8'),
    async read(path) {
      const file = files.get(path);
      const type = file && TYPES[extname(file)];
      if (!file || !type) return undefined;
      return { bytes: new Uint8Array(await readFile(file)), type };
    },
  };
}

/** Fills the page in. What it would load from other hosts is left out. */
export function renderPage(template: string, params: Readonly<Record<string, string>>): string {
  return template
    .replaceAll(/<link[^>]*href="https?:[^>]*>/g, '')
    .replaceAll(/<%([=-])\s*(\w+)\s*%>/g, (_, kind: string, name: string) => {
      const value = params[name] ?? '';
      return kind === '-' ? value : escape(value);
    });
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
