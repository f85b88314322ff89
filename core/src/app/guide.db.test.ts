import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExamples, type Example } from './testing/guide.ts';
import { createHome, type Home } from './testing/home.ts';

const SLOW = 180_000;
const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'core/src/cli/main.ts');
const PASSWORD = 'the horse of the staple 7';

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('examples of the guide', () => {
  test('in TypeScript fit the SDK', { timeout: SLOW }, async () => {
    const examples = readExamples('ts check');
    // Inside of the workspace, so that packages are found as an author finds them.
    const folder = join(ROOT, 'core/.guide');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    try {
      const nameOf = ({ page, line }: Example): string => `${page.replaceAll(/\W+/g, '-')}-${line}.ts`;
      for (const example of examples) writeFileSync(join(folder, nameOf(example)), example.code);
      const tsconfig = {
        extends: '../../tsconfig.check.json',
        include: ['*.ts'],
        exclude: [],
        compilerOptions: { noUnusedLocals: false },
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
      const tsc = join(ROOT, 'node_modules/.bin/tsc');
      expect(await run(tsc, ['-p', join(folder, 'tsconfig.json')], { cwd: folder })).toEqual({ code: 0, output: '' });
      expect(examples.length).toBeGreaterThan(3);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  describe('on the command line do what they say', () => {
    const examples = readExamples('sh run');
    const pages = [...new Set(examples.map(({ page }) => page))];
    let template: Home;
    let env: Record<string, string>;
    let bin: string;

    beforeAll(async () => {
      template = createHome({ PODLIFT_PASSWORD: PASSWORD });
      const product = await template.start(['start', '--empty']);
      await template.ask('tenant', 'create', 'acme');
      await template.ask('user', 'create', 'operator@acme.example', '--operator', '--tenant', 'acme');
      const { key } = (await template.ask('key', 'create', '--tenant', 'acme', '--name', 'guide')) as { key: string };
      const signedIn = await fetch(`${product.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: product.url },
        body: JSON.stringify({ email: 'operator@acme.example', password: PASSWORD }),
      });
      const cookie = signedIn.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
      if (cookie === '') throw new Error(await signedIn.text());
      env = { PODLIFT_KEY: key, PODLIFT_TENANT: 'acme', PODLIFT_OPERATOR_COOKIE: cookie };
      await product.kill('SIGTERM');
      bin = mkdtempSync(join(tmpdir(), 'podlift-guide-'));
      writeFileSync(
        join(bin, 'podlift'),
        `#!/bin/sh\nexec ${process.execPath} --conditions=@podlift/source ${MAIN} "$@"\n`,
        { mode: 0o755 },
      );
    }, SLOW);
    afterAll(async () => {
      await template.remove();
      rmSync(bin, { recursive: true, force: true });
    });

    test.each(pages)('%s', { timeout: SLOW }, async (page) => {
      const home = createHome();
      const folder = mkdtempSync(join(tmpdir(), 'podlift-guide-'));
      chmodSync(folder, 0o755);
      try {
        // With its owner: the embedded server's own account may not be ours.
        await run('cp', ['-a', `${template.dataDir}/.`, home.dataDir], { cwd: folder });
        const product = await home.start(['start', '--empty']);
        const script = examples.filter((example) => example.page === page).map(({ code }) => code);
        const ran = await run('bash', ['-euo', 'pipefail', '-c', script.join('\n')], {
          cwd: folder,
          env: {
            PATH: `${bin}:${process.env['PATH']}`,
            HOME: folder,
            TZ: 'UTC',
            ...home.env,
            ...env,
            PODLIFT_URL: product.url,
          },
        });
        expect(ran).toEqual({ code: 0, output: ran.output });
      } finally {
        await home.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
});
