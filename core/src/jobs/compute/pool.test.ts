import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { PodliftError } from '@podlift/sdk';
import { Cancel, type ComputeRequest } from '@podlift/sdk/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../telemetry/index.ts';
import { createComputePool, type ComputePool } from './index.ts';
import type { Ask } from './testing/kernel.ts';

const module = new URL('./testing/kernel.ts', import.meta.url);
let pool: ComputePool;
beforeEach(() => {
  pool = createComputePool({ log: silentLog, threads: 2 });
});
afterEach(() => pool.close());

const run = (input: Ask, request: Partial<ComputeRequest> = {}, on: ComputePool = pool): Promise<unknown> =>
  on.run('acme.models/credits', {
    name: 'credits',
    module,
    input,
    tenant: 'a',
    timeoutMs: undefined,
    memoryMb: undefined,
    cancel: new Cancel(),
    progress: () => undefined,
    ...request,
  });

describe('a computation', () => {
  it('gets columns and gives columns, without the rest of their memory', async () => {
    const values = Float64Array.of(1, 2, 3, 4);
    expect(await run({ how: 'sum', values: values.subarray(1, 3) })).toEqual({ sum: 5, values: Float64Array.of(4, 6) });
    expect(values).toHaveLength(4);
  });

  it('takes memory that is whole', async () => {
    const values = Float64Array.of(1, 2);
    await run({ how: 'sum', values });
    expect(values).toHaveLength(0);
  });

  it('leaves the host free while it spins, and is ended when nobody wants it any more', async () => {
    const cancel = new Cancel();
    const spinning = run({ how: 'spin', ms: 60_000 }, { cancel });
    let worst = 0;
    for (let n = 0; n < 50; n++) {
      const before = performance.now();
      await sleep(10);
      worst = Math.max(worst, performance.now() - before - 10);
    }
    expect(worst).toBeLessThan(150);
    cancel.abort(new PodliftError('aborted', 'the caller gave up'));
    await expect(spinning).rejects.toThrow('the caller gave up');
    expect(pool.busy).toBe(0);
    expect(await run({ how: 'sum' })).toMatchObject({ sum: 0 });
  });

  it('is given up when it is late', async () => {
    await expect(run({ how: 'spin', ms: 60_000 }, { timeoutMs: 100 })).rejects.toThrow(
      'the computation acme.models/credits did not end within 100 ms',
    );
    expect(await run({ how: 'sum' })).toMatchObject({ sum: 0 });
  });

  it.each([
    ['throws', 'throw', 'compute.failed', 'acme.models/credits failed: a wrong number'],
    ['refuses', 'refuse', 'acme.no_model', 'no such model'],
    ['ends its thread', 'exit', 'compute.crashed', 'ended by itself: exit code 3'],
    ['drops a promise', 'float', 'compute.crashed', 'nobody caught it'],
  ])('that %s fails alone', async (_, how, code, message) => {
    const other = run({ how: 'sleep', ms: 50, values: Float64Array.of(1) });
    await expect(run({ how })).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await other).toMatchObject({ sum: 1 });
    expect(await run({ how: 'sum' })).toMatchObject({ sum: 0 });
  });

  it('that needs too much memory ends with a sentence, and the host lives', async () => {
    await expect(run({ how: 'memory' }, { memoryMb: 32 })).rejects.toThrow('needs more than its 32 MiB');
    expect(await run({ how: 'sum' })).toMatchObject({ sum: 0 });
  }, 30_000);

  it('reports progress', async () => {
    const seen: number[] = [];
    await run({ how: 'progress' }, { progress: (done, total) => void seen.push(done / total) });
    expect(seen).toEqual([0.25, 1]);
  });

  it('sees nothing of the environment', async () => {
    expect(await run({ how: 'look' })).toMatchObject({ sum: 0 });
  });

  it('is found where a build has put it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'podlift-compute-'));
    writeFileSync(join(dir, 'built.js'), 'export default () => 42;');
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    expect(await run({ how: 'sum' }, { module: pathToFileURL(join(dir, 'built.ts')) })).toBe(42);
    rmSync(dir, { recursive: true });
  });

  it('says which file computes nothing', async () => {
    const request = { module: new URL('./protocol.ts', import.meta.url) };
    await expect(run({ how: 'sum' }, request)).rejects.toThrow('protocol.ts has no default export that computes');
  });
});

describe('a pool', () => {
  it('lets tenants take turns', async () => {
    const single = createComputePool({ log: silentLog, threads: 1 });
    const order: string[] = [];
    const ask = (tenant: string): Promise<unknown> =>
      run({ how: 'sleep', ms: 5 }, { tenant }, single).then(() => order.push(tenant));
    await Promise.all([ask('a'), ask('a'), ask('a'), ask('a'), ask('b')]);
    expect(order.indexOf('b')).toBeLessThanOrEqual(2);
    await single.close();
  });

  it('lets so many wait and no more, and forgets those who left', async () => {
    const small = createComputePool({ log: silentLog, threads: 1, mostWaiting: 1 });
    const cancel = new Cancel();
    const first = run({ how: 'sleep', ms: 200 }, {}, small);
    const second = run({ how: 'sum' }, { cancel }, small);
    await expect(run({ how: 'sum' }, {}, small)).rejects.toThrow('1 computations wait for a thread');
    cancel.abort(new PodliftError('aborted', 'left'));
    await expect(second).rejects.toThrow('left');
    expect(small.waiting).toBe(0);
    await first;
    await small.close();
  });

  it('rejects what runs and waits when it closes', async () => {
    const closing = createComputePool({ log: silentLog, threads: 1 });
    const all = [run({ how: 'sleep', ms: 5000 }, {}, closing), run({ how: 'sum' }, {}, closing)].map((one) =>
      one.catch((error: unknown) => String(error)),
    );
    await sleep(50);
    await closing.close();
    for (const said of await Promise.all(all)) expect(said).toContain('because this node stops');
  });
});
