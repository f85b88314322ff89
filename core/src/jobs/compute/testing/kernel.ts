/** A computation that does whatever a test asks for. @module */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ask {
  readonly how: string;
  readonly ms?: number;
  readonly values?: Float64Array;
}

export default async function compute(
  { how, ms = 0, values = new Float64Array(0) }: Ask,
  run: { progress(done: number, total: number): void },
): Promise<{ sum: number; values: Float64Array }> {
  switch (how) {
    case 'spin': {
      for (const until = performance.now() + ms; performance.now() < until;);
      break;
    }
    case 'sleep':
      await sleep(ms);
      break;
    case 'progress':
      run.progress(1, 4);
      await sleep(120);
      run.progress(4, 4);
      break;
    case 'throw':
      throw new TypeError('a wrong number');
    case 'refuse':
      throw Object.assign(new Error('no such model'), { code: 'acme.no_model', kind: 'missing' });
    case 'exit':
      process.exit(3);
      break;
    case 'float':
      void Promise.reject(new Error('nobody caught it'));
      await sleep(1000);
      break;
    case 'memory': {
      const all: number[][] = [];
      for (;;) all.push(Array.from({ length: 100_000 }, (_, n) => n + all.length));
    }
    case 'look':
      return { sum: Object.keys(process.env).length, values };
    default:
  }
  return { sum: values.reduce((sum, value) => sum + value, 0), values: values.map((value) => value * 2) };
}
