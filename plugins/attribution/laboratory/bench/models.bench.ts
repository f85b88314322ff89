/** The rules as their plugins contribute them, a million journeys: each against one plain pass over the touches, all against one plain loop that does the three simplest at once. */
import custom from '@podlift/attribution-custom';
import firstTouch from '@podlift/attribution-first-touch';
import lastNonDirect from '@podlift/attribution-last-non-direct';
import lastTouch from '@podlift/attribution-last-touch';
import linear from '@podlift/attribution-linear';
import positionBased from '@podlift/attribution-position-based';
import timeDecay from '@podlift/attribution-time-decay';
import type { Journeys } from '@podlift/attribution-engine/contract';
import type { Plugin } from '@podlift/sdk';

const JOURNEYS = 1_000_000;
const CHANNELS = 50;
const offsets = new Uint32Array(JOURNEYS + 1);
for (let j = 0; j < JOURNEYS; j++) offsets[j + 1] = (offsets[j] ?? 0) + 1 + ((j * 7919) % 5);
const touches = offsets[JOURNEYS] ?? 0;
const channels = Uint32Array.from({ length: touches }, (_, touch) => (touch * 31) % CHANNELS);
const ages = new Float64Array(touches);
for (let j = 0; j < JOURNEYS; j++)
  for (let touch = (offsets[j + 1] ?? 0) - 1, age = 0; touch >= (offsets[j] ?? 0); touch--)
    ages[touch] = age += (touch * 7919) % 500_000;
const direct = Uint8Array.from({ length: touches }, (_, touch) => ((touch * 31) % 3 === 0 ? 1 : 0));
const journeys: Journeys = { offsets, channels, ages, values: new Float64Array(JOURNEYS), direct };

type Model = (journeys: Journeys, ctx: { readonly settings: unknown }) => { readonly credit: ArrayLike<number> };

/** Runs a plugin's setup and keeps the model that it contributes, with the settings that nobody has changed. */
function modelOf(plugin: Plugin): () => unknown {
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
  const ctx = { settings: plugin.manifest.settings?.parse({}) };
  return () => model(journeys, ctx);
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

/** One write for each touch, and nothing else: what no model can do without. */
function passOnce(): Float64Array {
  const shares = new Float64Array(touches);
  for (let j = 0; j < JOURNEYS; j++) {
    const start = offsets[j] ?? 0;
    const end = offsets[j + 1] ?? 0;
    const share = 1 / (end - start);
    for (let touch = start; touch < end; touch++) shares[touch] = share;
  }
  return shares;
}

const pass = measure(passOnce);
const plain = measure(plainly);
const time = (plugin: Plugin): readonly [id: string, ms: number] => [plugin.manifest.id, measure(modelOf(plugin))];
const simple = [firstTouch, lastTouch, linear].map(time);
const times = [...simple, ...[lastNonDirect, positionBased, timeDecay, custom].map(time)];
const sum = (rows: typeof times): number => rows.reduce((total, [, ms]) => total + ms, 0);
const row = (what: string, ms: number, rest: string): void =>
  console.log(`  ${what.padEnd(24)} ${ms.toFixed(1).padStart(7)}  ${rest}`);

console.log(`${JOURNEYS.toLocaleString('en')} journeys, ${touches.toLocaleString('en')} touches (CPU ms)`);
row('one plain pass', pass, 'writes a share for each touch');
for (const [id, ms] of times) row(id, ms, `${(ms / pass).toFixed(2)} x the pass`);
console.log(
  '  goal: a rule at most 2 x the pass, time decay (an exponential a touch) and custom (four rules a touch) at most 4 x',
);
const three = sum(simple);
row(
  'the first three',
  three,
  `${(three / plain).toFixed(2)} x one plain loop for all three (${plain.toFixed(1)}); goal 3 x`,
);
console.log(
  `  ChannelAttribution 2.0.7 (R): 900 ms for the same three at this size, as measured: ${(900 / three).toFixed(0)} x as long`,
);
row('all seven', sum(times), 'goal: at most 150, of the 250 for all rules, Markov 1 and Shapley together');
