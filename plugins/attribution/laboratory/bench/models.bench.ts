/** The three first models as their plugins contribute them, a million journeys, against one plain loop that does all three at once. */
import firstTouch from '@podlift/attribution-first-touch';
import lastTouch from '@podlift/attribution-last-touch';
import linear from '@podlift/attribution-linear';
import type { Journeys } from '@podlift/attribution-engine/contract';
import type { Plugin } from '@podlift/sdk';

const JOURNEYS = 1_000_000;
const CHANNELS = 50;
const offsets = new Uint32Array(JOURNEYS + 1);
for (let j = 0; j < JOURNEYS; j++) offsets[j + 1] = (offsets[j] ?? 0) + 1 + ((j * 7919) % 5);
const touches = offsets[JOURNEYS] ?? 0;
const channels = Uint32Array.from({ length: touches }, (_, touch) => (touch * 31) % CHANNELS);
const journeys: Journeys = { offsets, channels, ages: new Float64Array(touches), values: new Float64Array(JOURNEYS) };

type Model = (journeys: Journeys) => { readonly credit: ArrayLike<number> };

/** Runs a plugin's setup and keeps the model that it contributes. */
function modelOf(plugin: Plugin): Model {
  const found: Model[] = [];
  const ignore = (): void => undefined;
  const contribute = (_: unknown, entry: object): void => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the point's contract says so
    if ('credit' in entry) found.push(entry.credit as Model);
  };
  const rest = {
    provide: ignore,
    on: ignore,
    onBatch: ignore,
    job: ignore,
    computation: ignore,
    subject: ignore,
    routes: ignore,
    use: ignore,
  };
  plugin.setup({ contribute, ...rest, health: ignore, onTenant: ignore, command: ignore });
  const [model] = found;
  if (!model) throw new Error(`${plugin.manifest.id} contributes no model`);
  return model;
}

function measure(work: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

function plainly(): Float64Array {
  const sums = new Float64Array(CHANNELS * 3);
  for (let j = 0; j < JOURNEYS; j++) {
    const start = offsets[j] ?? 0;
    const end = offsets[j + 1] ?? 0;
    const first = channels[start] ?? 0;
    const last = CHANNELS + (channels[end - 1] ?? 0);
    sums[first] = (sums[first] ?? 0) + 1;
    sums[last] = (sums[last] ?? 0) + 1;
    for (let touch = start; touch < end; touch++) {
      const even = CHANNELS * 2 + (channels[touch] ?? 0);
      sums[even] = (sums[even] ?? 0) + 1 / (end - start);
    }
  }
  return sums;
}

const plain = measure(plainly);
const models = [firstTouch, lastTouch, linear].map((plugin) => [plugin.manifest.id, modelOf(plugin)] as const);
const times = models.map(([id, model]) => [id, measure(() => model(journeys))] as const);
const together = times.reduce((sum, [, ms]) => sum + ms, 0);
console.log(`${JOURNEYS.toLocaleString('en')} journeys, ${touches.toLocaleString('en')} touches (CPU ms)`);
for (const [id, ms] of times) console.log(`  ${id.padEnd(22)} ${ms.toFixed(1).padStart(7)}`);
console.log(
  `  ${'the three together'.padEnd(22)} ${together.toFixed(1).padStart(7)}  ${(together / plain).toFixed(2)} x one plain loop for all three (${plain.toFixed(1)})`,
);
console.log(
  `  ChannelAttribution 2.0.7 (R): 900 ms for the same three at this size, as measured: ${(900 / together).toFixed(0)} x as long`,
);
console.log('  goal: at most 3 x the plain loop');
