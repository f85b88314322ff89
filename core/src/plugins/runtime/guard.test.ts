import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = async (code: string): Promise<string> => {
  const guard = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'guard.ts')).href);
  const script = `import { guardProcess, runAs } from ${guard};
    guardProcess({ onPlugin: (plugin, error) => console.log(plugin + ': ' + error.message), onHost: (error) => console.log('host: ' + error.message) });
    ${code}
    setTimeout(() => console.log('still here'), 50);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script]);
  return stdout.trim();
};

test.each([
  ['a promise that nobody awaits', `runAs('a.b', () => void Promise.reject(new Error('lost')));`, 'a.b: lost'],
  ['a throw in a timer', `runAs('a.b', () => setTimeout(() => { throw new Error('late'); }, 5));`, 'a.b: late'],
  [
    'an async function left alone',
    `await runAs('a.b', async () => { void (async () => { await null; throw new Error('alone'); })(); });`,
    'a.b: alone',
  ],
  ['the host itself', `setTimeout(() => { throw new Error('own'); }, 5);`, 'host: own'],
])('%s is told to its culprit and the process lives', async (_, code, expected) =>
  expect(await run(code)).toBe(`${expected}\nstill here`),
);
