/** How long a market takes to simulate, against the same number of bare draws of its random numbers. */
import { simulateAdditiveHazard } from '../src/additive-hazard.ts';
import { AdditiveHazardDials } from '../src/dials.ts';
import { planMarket } from '../src/plan.ts';
import { Random } from '../src/random.ts';

const dials = AdditiveHazardDials.parse({});
const GOAL_SECONDS = 2;

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

console.log('additive hazard with baseline, 12 shows, 40 campaigns, a quarter (CPU s)');
for (const touchpoints of [100_000, 1_000_000, 3_000_000]) {
  const seconds = cpuSeconds(() => simulateAdditiveHazard(planMarket(1, dials), 1, { touchpoints }, dials));
  const bare = cpuSeconds(() => {
    const random = new Random();
    random.seek(1, 1);
    let sum = 0;
    for (let draw = 0; draw < touchpoints * 6; draw++) sum += random.uniform();
    if (sum < 0) throw new Error('uniform draws are never negative');
  });
  const goal =
    touchpoints === 1_000_000
      ? `  goal ${GOAL_SECONDS.toFixed(1)} s, used ${((seconds / GOAL_SECONDS) * 100).toFixed(0)} %`
      : '';
  console.log(
    `  ${touchpoints.toLocaleString('en').padStart(9)} touchpoints ${seconds.toFixed(2)} s = ${(seconds / bare).toFixed(1)} x six bare draws each${goal}`,
  );
}
