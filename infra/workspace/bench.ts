/** Runs every benchmark, or those whose path holds the given word. Each prints ratios against a named peer or limit; none asserts a time. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { ROOT } from './sources.ts';

const word = process.argv[2] ?? '';
if (word === '--help') {
  console.log('usage: npx -y pnpm@12 bench [word in the path]');
  process.exit(0);
}
const files = globSync('{core,sdk,plugins}/**/bench/*.bench.ts', {
  cwd: ROOT,
  exclude: (name) => name === 'node_modules' || name === 'dist',
})
  .filter((path) => path.includes(word))
  .toSorted();
for (const path of files) {
  console.log(`\n# ${path}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--conditions=@podlift/source', path], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
if (files.length === 0) console.log(`no benchmark's path holds "${word}"`);
