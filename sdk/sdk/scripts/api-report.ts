/**
 * Writes `api/sdk.api.d.ts`: the types of the SDK's public entries, as tsc declares them, without comments.
 * `--check` writes nothing and exits with 1 when the committed file says something else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..');
const REPORT = join(PACKAGE, 'api/sdk.api.d.ts');
/** The entries under semver; `/kernel` is internal. */
const ENTRIES = ['index.d.ts', 'di/index.d.ts', 'http/index.d.ts', 'sql/index.d.ts'];
const HEAD = `// The public types of @podlift/sdk. Made by scripts/api-report.ts; a change here is a change for every plugin.\n`;

const USAGE = 'usage: node --conditions=@podlift/source sdk/sdk/scripts/api-report.ts [--check]';
if (process.argv.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'podlift-api-'));
try {
  emitDeclarations(folder);
  const report = render(folder);
  if (process.argv.includes('--check')) check(report);
  else write(report);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function emitDeclarations(outDir: string): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const options = ['--outDir', outDir, '--composite', 'false', '--incremental', 'false', '--sourceMap', 'false'];
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(dirname(manifest), 'bin/tsc'), '-p', PACKAGE, '--emitDeclarationOnly', '--removeComments', ...options],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the SDK does not compile:\n${stdout}`);
}

/** Every file that an entry reaches, entries first, each under its path. */
function render(root: string): string {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const text = normalise(readFileSync(join(root, path), 'utf8'));
    found.set(path, text);
    for (const [, name = ''] of text.matchAll(/(?:from|import\() ?["'](\.[^"']+)["']/g)) {
      visit(posix.join(posix.dirname(path), name).replace(/(\.d)?\.[jt]s$/, '.d.ts'));
    }
  };
  ENTRIES.forEach(visit);
  const others = [...found.keys()].filter((path) => !ENTRIES.includes(path)).toSorted();
  return HEAD + [...ENTRIES, ...others].map((path) => `\n// ---- ${path}\n${found.get(path) ?? ''}`).join('');
}

function normalise(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const kept = lines.map((line) => line.trimEnd()).filter((line) => line !== '' && line !== 'export {};');
  return `${kept.join('\n')}\n`;
}

function write(report: string): void {
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, report);
  console.log(`wrote api/sdk.api.d.ts, ${report.split('\n').length} lines`);
}

function check(report: string): void {
  const committed = existsSync(REPORT) ? readFileSync(REPORT, 'utf8').replaceAll('\r\n', '\n') : '';
  if (committed === report) return;
  console.error('The public API of @podlift/sdk is not what api/sdk.api.d.ts says:');
  for (const line of difference(committed, report)) console.error(line);
  process.exitCode = 1;
}

/** What each file lost and gained, line by line. */
function difference(before: string, after: string): string[] {
  const sections = (text: string): Map<string, string[]> =>
    new Map(
      text
        .split('\n// ---- ')
        .slice(1)
        .map((section) => {
          const [path = '', ...lines] = section.split('\n');
          return [path, lines] as const;
        }),
    );
  const old = sections(before);
  const now = sections(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const lost = minus(old.get(path) ?? [], now.get(path) ?? []).map((line) => `- ${line}`);
    const gained = minus(now.get(path) ?? [], old.get(path) ?? []).map((line) => `+ ${line}`);
    return lost.length + gained.length > 0 ? [`${path}:`, ...lost, ...gained] : [];
  });
}

/** The lines of one list that the other does not have, each as often as it is missing. */
function minus(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
