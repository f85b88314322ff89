import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { supervise } from './boot/index.ts';
import { createPluginsFolder, freeze, source, type PluginsFolder } from './testing/packages.ts';

/** Starts a real host in a process of its own, under the supervisor, with the given plugin beside a good one. */
describe('a plugin that takes the process down', () => {
  let folder: PluginsFolder;
  let home: string;
  beforeEach(() => {
    folder = createPluginsFolder();
    home = mkdtempSync(join(tmpdir(), 'podlift-start-'));
    folder.write('good', source(`id: 'test.good'`), freeze({ id: 'test.good' }));
  });
  afterEach(() => {
    folder.remove();
    rmSync(home, { recursive: true });
  });

  const start = async (stayMs = 0) => {
    const journal = join(home, 'boot.json');
    const out = join(home, 'out');
    const url = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
    writeFileSync(out, '');
    writeFileSync(
      join(home, 'start.ts'),
      `import { appendFileSync } from 'node:fs';
       import { createTestHost } from ${url('../../../sdk/testkit/src/index.ts')};
       import { reportToSupervisor } from ${url('boot/index.ts')};
       const note = (line) => appendFileSync(${JSON.stringify(out)}, line + '\\n');
       const supervisor = reportToSupervisor(50);
       const host = await createTestHost({
         plugins: [${JSON.stringify(folder.dir)}], jobs: false, postgres: ${JSON.stringify(inject('postgres'))},
         host: { journal: ${JSON.stringify(journal)}, guard: true, importMs: 500 },
       });
       supervisor.ready();
       await new Promise((resolve) => setTimeout(resolve, ${stayMs}));
       for (const { id, state, reason } of host.plugins.list()) note(id + ' ' + state + (reason ? ': ' + reason : ''));
       await host.stop();
       process.exit(0);`,
    );
    const code = await supervise({
      script: join(home, 'start.ts'),
      execArgv: ['--conditions=@podlift/source'],
      journal,
      stallMs: 2500,
    });
    return { code, out: readFileSync(out, 'utf8').trim().split('\n').toSorted() };
  };

  test('one that spins in setup is left out of the next start', async () => {
    folder.write('bad', source(`id: 'test.bad'`, `() => { for (;;); }`), freeze({ id: 'test.bad' }));
    const reason = 'the process ended in its setup: it did not answer for 2.5 s';
    expect(await start()).toEqual({ code: 0, out: [`test.bad degraded: ${reason}`, 'test.good active'] });
  });

  test('of several that were importing, the one that ends the process is found by the careful start', async () => {
    folder.write('bad', `process.exit(9);`, freeze({ id: 'test.bad' }));
    expect(await start()).toEqual({
      code: 0,
      out: ['test.bad degraded: the process ended in its import: the process ended', 'test.good active'],
    });
  });

  test('an error that nobody catches degrades its plugin; the process and the others live', async () => {
    folder.write(
      'bad',
      source(`id: 'test.bad'`, `() => { setTimeout(() => { throw new Error('late'); }, 50); }`),
      freeze({ id: 'test.bad' }),
    );
    folder.write(
      'lost',
      source(`id: 'test.lost'`, `() => { void Promise.reject(new Error('lost')); }`),
      freeze({ id: 'test.lost' }),
    );
    expect(await start(600)).toEqual({
      code: 0,
      out: [
        'test.bad degraded: it threw where nobody caught it: late',
        'test.good active',
        'test.lost degraded: it threw where nobody caught it: lost',
      ],
    });
  });
});
