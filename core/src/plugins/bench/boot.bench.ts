/**
 * From `start` to ready with sixty plugins on disk: discovered, imported, set up, compared with their plugin.json, migrated, wired.
 * Peer: importing the same sixty modules and nothing else.
 */
import { collection, extensionPoint, method, service } from '@podlift/sdk';
import { createTestHost } from '@podlift/testkit';
import { startTestServer } from '@podlift/testkit/postgres';
import { z } from 'zod';
import { createPluginsFolder, freeze, source } from '../testing/packages.ts';

const COUNT = 60;
const models = extensionPoint('bench.models@1', z.object({ label: z.string() }), {
  run: method(z.object({}), z.object({})),
});

const folder = createPluginsFolder();
for (let i = 0; i < COUNT; i++) {
  const id = `bench.p${i}`;
  // Each needs the one before in its group of ten; every second one keeps a collection.
  const own = service(`bench.s${i}@1`, { x: method(z.object({}), z.object({})) });
  const before = service(`bench.s${i - 1}@1`, { x: method(z.object({}), z.object({})) });
  const needs = i % 10 > 0;
  const keeps = i % 2 === 0;
  const json = freeze(
    {
      id,
      provides: [own],
      ...(i === 0 && { opens: [models] }),
      ...(needs && { requires: { before } }),
      ...(keeps && {
        capabilities: ['data:collections'],
        collections: { items: collection(z.object({ name: z.string() }), { indexes: ['name'], privacy: 'none' }) },
      }),
    },
    (declare) => {
      declare.provide(own, { x: () => ({}) });
      declare.contribute(models, { id: `m${i}`, label: id, run: () => ({}) });
    },
  );
  folder.write(
    `p${i}`,
    `import { collection, extensionPoint, method, service } from '@podlift/sdk';
     const of = (n) => service('bench.s' + n + '@1', { x: method(z.object({}), z.object({})) });
     const models = extensionPoint('bench.models@1', z.object({ label: z.string() }), { run: method(z.object({}), z.object({})) });
     ${source(
       `id: '${id}', provides: [of(${i})]${i === 0 ? ', opens: [models]' : ''}${needs ? `, requires: { before: of(${i - 1}) }` : ''}${
         keeps
           ? `, capabilities: ['data:collections'], collections: { items: collection(z.object({ name: z.string() }), { indexes: ['name'], privacy: 'none' }) }`
           : ''
       }`,
       `({ provide, contribute }) => { provide(of(${i}), { x: () => ({}) }); contribute(models, { id: 'm${i}', label: '${id}', run: () => ({}) }); }`,
     )}`,
    json,
  );
}

const server = await startTestServer();
try {
  const importing = performance.now();
  const urls = Array.from({ length: COUNT }, (_, i) => `file://${folder.dir}/area/p${i}/index.ts`);
  await Promise.all(urls.map((url) => import(`${url}?peer`)));
  const peer = performance.now() - importing;
  // The host itself is measured: the rooms below it stand already.
  const first = await createTestHost({ plugins: [], postgres: server, jobs: false });
  const row = (name: string, ms: number, goal: string): void =>
    console.log(
      `${name.padEnd(52)} ${ms.toFixed(0).padStart(6)} ms   ${(ms / peer).toFixed(1).padStart(5)} x   ${goal}`,
    );
  console.log(`${'60 synthetic plugins'.padEnd(52)}                imports   goal`);
  row('import of their modules, nothing else', peer, '');
  for (const [name, goal] of [
    ['start -> ready, first time, 30 of them migrate', '<= 3000 ms'],
    ['start -> ready again, nothing to migrate', '<= 3000 ms'],
    ['and once more', '<= 3000 ms'],
  ] as const) {
    const from = performance.now();
    const host = await createTestHost({ plugins: [folder.dir], besides: first, jobs: false });
    row(name, performance.now() - from, goal);
    const states = Object.groupBy(host.plugins.list(), ({ state }) => state);
    if (states.active?.length !== COUNT)
      throw new Error(
        `only ${states.active?.length ?? 0} of ${COUNT} are active: ${host.plugins.list().find(({ state }) => state !== 'active')?.reason ?? ''}`,
      );
    await host.stop();
  }
  await first.stop();
} finally {
  await server.stop();
  folder.remove();
}
