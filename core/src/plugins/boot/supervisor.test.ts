import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { supervise } from './supervisor.ts';

describe('the supervisor', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'podlift-supervisor-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A stand-in for `podlift start` that loads two plugins, of which one may misbehave. */
  const run = async (plugin: string, options: { signal?: AbortSignal } = {}) => {
    const journal = join(folder, 'boot.json');
    const trace = join(folder, 'trace');
    const here = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)).href);
    writeFileSync(trace, '');
    writeFileSync(
      join(folder, 'start.ts'),
      `import { appendFileSync } from 'node:fs';
       import { openBootJournal } from ${here('journal.ts')};
       import { reportToSupervisor } from ${here('supervisor.ts')};
       const supervisor = reportToSupervisor(50);
       const note = (text: string) => appendFileSync(${JSON.stringify(trace)}, text + '\\n');
       const journal = openBootJournal(${JSON.stringify(journal)});
       for (const { plugin, phase, cause } of journal.suspects) note('without ' + plugin + ': ' + phase + ', ' + cause);
       const bad = journal.suspects.map((one) => one.plugin);
       if (!bad.includes('good')) journal.during('good', 'setup', () => undefined);
       if (!bad.includes('bad')) journal.during('bad', 'setup', () => { ${plugin} });
       note('ready');
       supervisor.ready();`,
    );
    const said: string[] = [];
    const code = await supervise({
      script: join(folder, 'start.ts'),
      execArgv: ['--conditions=@podlift/source'],
      journal,
      stallMs: 1500,
      say: (line) => said.push(line),
      ...options,
    });
    return { code, said, trace: readFileSync(trace, 'utf8').trim().split('\n') };
  };

  test('starts again without a plugin that spins', async () => {
    const { code, said, trace } = await run('for (;;);');
    expect(code).toBe(0);
    expect(trace).toEqual(['without bad: setup, it did not answer for 1.5 s', 'ready']);
    expect(said).toEqual(['the process ended by SIGKILL while loading bad; starting again']);
  });

  test('starts again without a plugin that ends the process', async () => {
    const { code, trace } = await run('process.exit(7);');
    expect(code).toBe(0);
    expect(trace).toEqual(['without bad: setup, the process ended', 'ready']);
  });

  test('hands on the exit code when no plugin is to blame', async () => {
    const { code, said, trace } = await run("} ); process.exit(3); journal.during('x', 'setup', () => {");
    expect(code).toBe(3);
    expect(said).toEqual([]);
    expect(trace).toEqual(['']);
  });

  test('a stop is a stop', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 700);
    const { code, said } = await run('} ); setInterval(() => {}, 1000); (() => {', { signal: stop.signal });
    expect(said).toEqual([]);
    expect(code).toBe(0);
  });
});
