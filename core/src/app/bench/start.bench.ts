/**
 * From the start of the process to the line that says it is ready: `podlift api` for the first time ever with the making of the
 * database cluster, then warm, then warm with sixty plugins that each have a migration, a route and a contribution.
 */
import { createHome, type Home } from '../testing/home.ts';
import { createPluginsFolder, hello } from '../testing/plugins.ts';

const ROUNDS = 5;
const PLUGINS = 60;
const MODELS = `import { extensionPoint } from '@podlift/sdk';
import { migration } from '@podlift/sdk/sql';
const models = extensionPoint('bench.models@1', z.object({ label: z.string() }), { run: method(z.object({}), z.object({})) });`;

const synthetic = (index: number): string =>
  hello(
    `p${index}`,
    `capabilities: ['data:sql'], data: { migrations: [noted] }${index === 0 ? ', opens: [models]' : ''}`,
    `declare.contribute(models, { id: 'm${index}', label: 'Model ${index}', run: () => ({}) });`,
    `${MODELS}
     const noted = migration('0001_notes', (schema) => schema.tenantTable({ name: 'note',
       columns: { id: 'uuid not null', text: 'text' }, primaryKey: ['id'], privacy: { id: 'none', text: 'none' } }));`,
  );

/** Seconds until it is ready; then it is stopped again. */
async function start(home: Home): Promise<number> {
  const from = performance.now();
  const product = await home.start(['api'], { supervised: true });
  const seconds = (performance.now() - from) / 1000;
  const degraded = /(\S+ is degraded: .*)/.exec(product.stderr())?.[1];
  if (degraded) throw new Error(degraded);
  await product.kill('SIGTERM');
  return seconds;
}

async function median(home: Home): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < ROUNDS; round++) all.push(await start(home));
  return all.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function row(name: string, seconds: number, limit: number): void {
  const cells = [name.padEnd(58), `${seconds.toFixed(2)} s`.padStart(9), `${limit} s`.padStart(7)];
  console.log(`${cells.join('')}${(seconds / limit).toFixed(2).padStart(8)}${seconds > limit ? '  MISSED' : ''}`);
}

const home = createHome();
const plugins = createPluginsFolder();
const many = createHome({ PODLIFT_PLUGINS_DIR: plugins.dir });
try {
  console.log(`${'process start -> ready, podlift api'.padEnd(58)}   figure  limit   ratio`);
  row('first ever: cluster, schemas, first-party plugins', await start(home), 10);
  row(`warm, median of ${ROUNDS}`, await median(home), 2);
  const names = Array.from({ length: PLUGINS }, (_, index) => `p${index}`);
  for (const [index, name] of names.entries()) plugins.write(name, synthetic(index));
  await plugins.freeze(...names);
  row(`${PLUGINS} synthetic plugins, first ever`, await start(many), 10);
  row(`${PLUGINS} synthetic plugins, warm, median of ${ROUNDS}`, await median(many), 3);
} finally {
  await Promise.all([home.remove(), many.remove()]);
  plugins.remove();
}
