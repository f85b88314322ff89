import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCli } from './program.ts';

/** Runs a command line that ends before anything is opened. */
async function run(...args: readonly string[]): Promise<{ code: number | undefined; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const code = await runCli(args, { PODLIFT_PLUGINS_DIR: join(import.meta.dirname, '../../../plugins') });
  vi.restoreAllMocks();
  return { code, ...said };
}

describe('the command line', () => {
  afterEach(() => vi.restoreAllMocks());

  test('--help of every command, at every depth, says what it does', async () => {
    const seen: string[] = [];
    const visit = async (path: readonly string[]): Promise<void> => {
      const { code, stdout, stderr } = await run(...path, '--help');
      expect({ path, code, stderr }).toEqual({ path, code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: podlift ${path.join(' ')}`.trimEnd());
      seen.push(path.join(' '));
      const commands = stdout.split('\nCommands:\n')[1] ?? '';
      for (const [, command = '', about] of commands.matchAll(/^ {2}(\w[\w-]*)(?: .*?)? {2,}(\S.*)$/gm)) {
        expect(about, `${path.join(' ')} ${command}`).toMatch(/\w{2}/);
        if (command !== 'help') await visit([...path, command]);
      }
    };
    await visit([]);
    expect(seen).toEqual(
      expect.arrayContaining([
        'start',
        'api',
        'worker',
        'migrate',
        'tenant create',
        'user create',
        'key create',
        'plugin doctor',
        'config',
        'doctor',
        'demo',
      ]),
    );
  });

  test.each([
    [['tenat'], "error: unknown command 'tenat'\n(Did you mean tenant?)"],
    [['tenant', 'lst'], "error: unknown command 'lst'\n(Did you mean list?)"],
    [['tenant', 'list', '--statu', 'active'], "error: unknown option '--statu'\n(Did you mean --status?)"],
    [['start', '--prot', '1'], "error: unknown option '--prot'\n(Did you mean --port?)"],
    [['key', 'create', '--tenant', 'acme'], "error: required option '--name <name>' not specified"],
    [['key', 'create', '--tenant', 'acme', '--name', 'x', '--days', 'soon'], 'Use a whole number of days, at least 1.'],
    [['tenant', 'create'], "error: missing required argument 'slug'"],
    [['tenant', 'create', 'acme', 'twice'], 'error: too many arguments'],
  ])('podlift %j is asked wrongly: exit code 2 and a hint', async (args, hint) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(hint);
    expect(stderr).toContain('(add --help to see what there is)');
  });
});
