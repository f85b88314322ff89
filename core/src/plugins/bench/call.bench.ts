/**
 * What a call through the one door costs: enabled, admitted, bounded, parsed at both ends, committed.
 * Peers: the same function called directly, and structuredClone of the same data twice (what a copy across the border costs at least).
 */
import { definePlugin, extensionPoint, f64, i32, method, service, u16 } from '@podlift/sdk';
import { createTestHost } from '@podlift/testkit';
import { startTestServer } from '@podlift/testkit/postgres';
import { z } from 'zod';

const Input = z.object({ n: z.int() });
const Output = z.object({ n: z.int() });
const sums = service('bench.sums@1', { next: method(Input, Output) });
const asks = service('bench.asks@1', { ask: method(Input, Output) });
const Journeys = z.object({ offsets: i32(), channels: u16(), ages: f64(), values: f64() });
const models = extensionPoint('bench.models@1', z.object({}), {
  credit: method(Journeys, z.object({ credit: f64() }), { timeoutMs: 60_000 }),
});
const base = { version: '1.0.0', sdk: '^0.1', license: 'Apache-2.0' } as const;

/** Half of the credit is gone after seven days. */
function decay(offsets: ArrayLike<number>, ages: ArrayLike<number>): Float64Array {
  const credit = new Float64Array(ages.length);
  for (let j = 0; j + 1 < offsets.length; j++) {
    const from = offsets[j] ?? 0;
    const to = offsets[j + 1] ?? 0;
    let total = 0;
    for (let i = from; i < to; i++) total += credit[i] = 2 ** (-(ages[i] ?? 0) / 7);
    for (let i = from; i < to; i++) credit[i] = (credit[i] ?? 0) / total;
  }
  return credit;
}

const provider = definePlugin({ ...base, id: 'bench.provider', provides: [sums] }, ({ provide, contribute }) => {
  provide(sums, { next: ({ n }) => ({ n: n + 1 }) });
  contribute(models, { id: 'decay', credit: ({ offsets, ages }) => ({ credit: decay(offsets, ages) }) });
});
const asker = definePlugin(
  { ...base, id: 'bench.asker', requires: { sums }, provides: [asks], opens: [models] },
  ({ provide }) => {
    provide(asks, { ask: async ({ n }, ctx) => ctx.services.sums.next({ n }) });
  },
);

const percentile = (times: Float64Array, p: number): number => times[Math.floor(times.length * p)] ?? 0;

async function measure(run: () => unknown, times = 30_000): Promise<{ p50: number; p99: number }> {
  for (let i = 0; i < times / 3; i++) await run();
  const taken = new Float64Array(times);
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    await run();
    taken[i] = (performance.now() - from) * 1000;
  }
  const sorted = taken.toSorted();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

const server = await startTestServer();
const row = (name: string, { p50, p99 }: { p50: number; p99: number }, goal = ''): void =>
  console.log(`${name.padEnd(44)} ${p50.toFixed(2).padStart(8)} ${p99.toFixed(1).padStart(8)}   ${goal}`);

try {
  for (const strict of [false, true]) {
    const host = await createTestHost({ plugins: [provider, asker], postgres: server, strict, jobs: false });
    const tenant = await host.tenant();
    const call = (plugin: string, target: string, input: unknown) =>
      host.plugins.invoke({ plugin, target, input, tenant });
    console.log(`\n${strict ? 'strict (development, tests)' : 'production'}${' '.repeat(30)} p50 µs   p99 µs   goal`);
    row('the function itself, awaited', await measure(async () => ({ n: 2 })));
    row(
      'structuredClone of input and output',
      await measure(() => [structuredClone({ n: 1 }), structuredClone({ n: 2 })]),
    );
    row(
      'host -> plugin, parsed at both ends',
      await measure(async () => Output.parse(await call('bench.provider', 'service:bench.sums@1:next', { n: 1 }))),
      strict ? '' : '<= 6 p50',
    );
    row('host -> plugin -> plugin', await measure(() => call('bench.asker', 'service:bench.asks@1:ask', { n: 1 })));
    const n = 1_000_000;
    const ages = Float64Array.from({ length: n * 4 }, (_, i) => i % 30);
    const input = {
      offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * 4),
      channels: new Uint16Array(n * 4),
      ages,
      values: new Float64Array(n),
    };
    const best = async (run: () => unknown): Promise<number> => {
      let least = Infinity;
      for (let i = 0; i < 7; i++) {
        const from = performance.now();
        await run();
        least = Math.min(least, performance.now() - from);
      }
      return least;
    };
    const alone = await best(() => decay(input.offsets, input.ages));
    const through = await best(() =>
      host.plugins.invoke({
        plugin: 'bench.provider',
        target: 'entry:bench.models@1:decay:credit',
        input,
        tenant,
        timeoutMs: 60_000,
      }),
    );
    console.log(
      `1M journeys as columns (52 MB in, 32 MB out): model alone ${alone.toFixed(1)} ms, through the door ${through.toFixed(1)} ms: +${(through - alone).toFixed(1)} ms${strict ? '' : '   goal <= +5 ms'}`,
    );
    await host.stop();
  }
} finally {
  await server.stop();
}
