/** What the engine adds to a model: checking a million journeys' credit and summing it exactly, against plain loops that only add. */
import { sumCredit } from '../src/aggregate.ts';
import { findCreditFault } from '../src/credit-fault.ts';

const JOURNEYS = 1_000_000;
const CHANNELS = 50;
const offsets = new Uint32Array(JOURNEYS + 1);
for (let j = 0; j < JOURNEYS; j++) offsets[j + 1] = (offsets[j] ?? 0) + 1 + ((j * 7919) % 5);
const touches = offsets[JOURNEYS] ?? 0;
const channels = Uint32Array.from({ length: touches }, (_, touch) => (touch * 31) % CHANNELS);
const values = Float64Array.from({ length: JOURNEYS }, (_, j) => 20 + (j % 100));
const credit = new Float64Array(touches);
for (let j = 0; j < JOURNEYS; j++)
  credit.fill(1 / ((offsets[j + 1] ?? 0) - (offsets[j] ?? 0)), offsets[j], offsets[j + 1]);
const journeys = { offsets, channels, ages: new Float64Array(touches), values };

function addPlainly(): Float64Array {
  const conversions = new Float64Array(CHANNELS);
  const value = new Float64Array(CHANNELS);
  for (let j = 0; j < JOURNEYS; j++) {
    const end = offsets[j + 1] ?? 0;
    const worth = values[j] ?? 0;
    for (let touch = offsets[j] ?? 0; touch < end; touch++) {
      const channel = channels[touch] ?? 0;
      const share = credit[touch] ?? 0;
      conversions[channel] = (conversions[channel] ?? 0) + share;
      value[channel] = (value[channel] ?? 0) + share * worth;
    }
  }
  return conversions;
}

/** CPU milliseconds of the fastest of seven rounds. */
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

const plain = measure(addPlainly);
const rows = [
  ['plain loop, adding only', plain],
  ['sum exactly (compensated)', measure(() => sumCredit(journeys, credit, CHANNELS))],
  ['check every share and every sum', measure(() => findCreditFault(journeys, credit, true))],
] as const;
console.log(
  `${JOURNEYS.toLocaleString('en')} journeys, ${touches.toLocaleString('en')} touches, one model (CPU ms, ratio to the plain loop)`,
);
for (const [what, ms] of rows)
  console.log(`  ${what.padEnd(34)} ${ms.toFixed(1).padStart(7)}  ${(ms / plain).toFixed(2).padStart(5)} x`);
console.log('  goal: both together at most 5 x the plain loop, so that a model costs what its formula costs');
