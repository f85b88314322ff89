import { Worker } from 'node:worker_threads';
import type { ComputeAnswer, ComputeOrder } from './protocol.ts';
import { memoryOf } from './transfer.ts';

/** Sources run without a build; so do their threads. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const SCRIPT = new URL(FROM_SOURCE ? './thread.ts' : './thread.js', import.meta.url);
const CONDITION = '--conditions=@podlift/source';

/** How a thread ended that should not have. */
export type ThreadEnd = { readonly outOfMemory: boolean; readonly message: string };

/** One thread, with an order under way or none. */
export interface ComputeThread {
  readonly memoryMb: number;
  send(order: ComputeOrder): void;
  /** Ends it, whatever it does. */
  end(): Promise<unknown>;
}

export interface ThreadListeners {
  answered(answer: ComputeAnswer): void;
  ended(end: ThreadEnd): void;
  said(text: string): void;
}

/** Starts a thread. It shares nothing with the host but the memory that is sent to it. */
export function startThread(memoryMb: number, { answered, ended, said }: ThreadListeners): ComputeThread {
  const worker = new Worker(SCRIPT, {
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    env: {},
    execArgv: FROM_SOURCE ? [CONDITION] : [],
    stdout: true,
    stderr: true,
  });
  let closing = false;
  for (const stream of [worker.stdout, worker.stderr])
    stream.on('data', (chunk: Buffer) => said(String(chunk).trimEnd()));
  // The type of what our own thread posts.
  worker.on('message', (answer: ComputeAnswer) => {
    if (answer.kind !== 'progress') worker.unref();
    answered(answer);
  });
  worker.on('messageerror', (error) => ended({ outOfMemory: false, message: error.message }));
  worker.on('error', (error) => {
    const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    ended({ outOfMemory, message: error instanceof Error ? error.message : String(error) });
  });
  worker.on('exit', (code) => {
    if (!closing) ended({ outOfMemory: false, message: `exit code ${code}` });
  });
  // An idle thread keeps no process alive.
  worker.unref();
  return {
    memoryMb,
    send(order) {
      worker.ref();
      worker.postMessage(order, memoryOf(order.input));
    },
    async end() {
      closing = true;
      await worker.terminate();
    },
  };
}
