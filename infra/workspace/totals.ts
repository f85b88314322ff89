import type { Reporter, TestModule } from 'vitest/node';

/** Closes a run with one plain line that any tool can read: `12 passed, 0 failed, 1 skipped`. */
export default class Totals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((one) => one.result().state);
      for (const state of states) if (state !== 'pending') count[state]++;
      // A file or suite that cannot be loaded has no failed test to count: it counts as one.
      if (module.state() === 'failed' && !states.includes('failed')) count.failed++;
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
