/**
 * Everything that must be green beside the tests, one line each: types, lint, format, unused code, frozen plugins, API report.
 * Runs all of them, then fails if any failed. `--only <name>` runs one.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './sources.ts';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly mend: string;
}

const node = [process.execPath, '--conditions=@podlift/source'];
const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.check.json'], mend: 'mend what tsc names' },
  { name: 'build', command: ['tsc', '-b'], mend: 'mend what tsc names; it is what gets published' },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], mend: 'mend what oxlint names' },
  { name: 'format', command: ['oxfmt', '--check', '.'], mend: 'npx -y pnpm@12 format' },
  { name: 'unused', command: ['knip', '--no-progress'], mend: 'delete what nobody uses' },
  {
    name: 'plugin.json',
    command: [...node, 'sdk/plugin-cli/src/main.ts', 'freeze', '--check'],
    mend: 'npx -y pnpm@12 freeze',
  },
  {
    name: 'api report',
    command: [...node, 'sdk/sdk/scripts/api-report.ts', '--check'],
    mend: 'node --conditions=@podlift/source sdk/sdk/scripts/api-report.ts, then read the difference',
  },
];

const only = process.argv.includes('--only') ? process.argv.at(-1) : undefined;
const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
let failed = 0;
for (const { name, command, mend } of checks) {
  if (only && only !== name) continue;
  const started = performance.now();
  const [file = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed++;
  console.log(`${stdout}${stderr}\n  -> ${mend}`);
}
process.exitCode = failed ? 1 : 0;
