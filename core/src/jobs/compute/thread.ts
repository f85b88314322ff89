/** A thread that computes, one order at a time. It holds nothing of the host: no database, no secrets, no environment. @module */
import { parentPort } from 'node:worker_threads';
import type { ComputeAnswer, ComputeOrder, ThrownData } from './protocol.ts';
import { memoryOf } from './transfer.ts';

type Code = (input: unknown, run: { progress(done: number, total: number): void }) => unknown;

/** Between two reports of progress. */
const PROGRESS_MS = 100;

const port = parentPort;
if (!port) throw new Error('This module runs in a worker thread only.');

// The type of what the host posts; nobody else can.
port.on('message', (order: ComputeOrder) => void compute(order));

async function compute({ id, module, input }: ComputeOrder): Promise<void> {
  const answer = (message: ComputeAnswer, memory: ArrayBuffer[] = []): void => port?.postMessage(message, memory);
  try {
    const code = await load(module);
    let last = -Infinity;
    const output = await code(input, {
      progress(done, total) {
        if (performance.now() - last < PROGRESS_MS && done < total) return;
        last = performance.now();
        answer({ id, kind: 'progress', done, total });
      },
    });
    answer({ id, kind: 'done', output }, memoryOf(output));
  } catch (thrown) {
    answer({ id, kind: 'thrown', thrown: dataOf(thrown) });
  }
}

async function load(module: string): Promise<Code> {
  const loaded: object = await import(module);
  const code: unknown = Reflect.get(loaded, 'default');
  if (typeof code !== 'function')
    throw new Error(`${new URL(module).pathname.split('/').at(-1)} has no default export that computes`);
  // What a function takes cannot be seen; its declaration was checked against its type.
  return code as Code;
}

function dataOf(thrown: unknown): ThrownData {
  const text = (name: string): string | undefined => {
    const value: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return { code: text('code'), kind: text('kind'), message: text('message') ?? String(thrown), stack: text('stack') };
}
