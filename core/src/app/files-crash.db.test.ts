import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home } from './testing/home.ts';
import { freePort } from './testing/port.ts';
import type { Product } from './testing/product.ts';

const MB = 1024 * 1024;
const SLOW = 300_000;
const PATIENCE = { timeout: 60_000, interval: 50 };
const sha = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** One installation on a real disk, killed again and again while a client sends files and never gives up. */
describe('uploads while the server is killed', () => {
  let home: Home;
  let product: Product;
  let key: string;
  let port: string;
  const start = (): Promise<Product> => home.start(['start', '--empty', '--port', port]);
  beforeAll(async () => {
    home = createHome();
    port = String(await freePort());
    product = await start();
    await home.ask('tenant', 'create', 'acme');
    // The command's own answer.
    const issued = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'uploads')) as {
      key: string;
    };
    ({ key } = issued);
  }, SLOW);
  afterAll(() => home.remove());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${product.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
    });

  /** The database goes on: it is the server alone that dies, and comes back. */
  async function killServer(): Promise<void> {
    await product.kill('SIGKILL');
    product = await start();
  }

  async function begin(bytes: number): Promise<string> {
    const response = await ask('/api/v1/files/uploads', {
      method: 'POST',
      headers: { 'upload-length': String(bytes) },
    });
    expect(response.status).toBe(201);
    return response.headers.get('location') ?? '';
  }

  /** Sends one piece; resolves with the status, or 0 when the connection broke. */
  function send(location: string, content: Uint8Array, from: number): { done: Promise<number>; sent: () => number } {
    let sent = from;
    const done = new Promise<number>((resolve) => {
      const call = request(`${product.url}${location}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(from),
          'content-length': content.byteLength - from,
        },
      });
      call.on('response', (response) => resolve((response.resume(), response.statusCode ?? 0)));
      let wake: (value: unknown) => void = () => undefined;
      call.on('drain', () => wake(undefined));
      call.on('close', () => wake(undefined));
      call.on('error', () => resolve(0));
      void (async () => {
        for (; sent < content.byteLength && !call.destroyed; sent += MB / 2) {
          if (!call.write(content.subarray(sent, sent + MB / 2)))
            await new Promise((go) => (call.destroyed ? go(undefined) : (wake = go)));
          if (sent % (8 * MB) === 0) await sleep(1);
        }
        call.end();
      })();
    });
    return { done, sent: () => sent };
  }

  /** As a client that never gives up: asks how far it is, goes on, until there is a file. */
  async function goOn(location: string, content: Uint8Array): Promise<{ file: string; resumedAt: number }> {
    let resumedAt = -1;
    for (const until = Date.now() + 90_000; Date.now() < until; await sleep(200)) {
      const response = await ask(location, { method: 'HEAD' }).catch(() => undefined);
      if (response?.status !== 200) continue;
      const file = response.headers.get('podlift-file');
      const offset = Number(response.headers.get('upload-offset'));
      if (resumedAt === -1) resumedAt = offset;
      if (file) return { file, resumedAt };
      await send(location, content, offset).done;
    }
    throw new Error('The upload did not end in time.');
  }

  async function expectWhole(file: string, content: Uint8Array): Promise<void> {
    const response = await ask(`/api/v1/files/${file}/content`);
    expect(sha(new Uint8Array(await response.arrayBuffer()))).toBe(sha(content));
  }

  test(
    'in the middle of 64 MB: it goes on from what was on the disk, and the file is whole',
    { timeout: SLOW },
    async () => {
      const content = randomBytes(64 * MB);
      const location = await begin(content.byteLength);
      const first = send(location, content, 0);
      await expect.poll(() => first.sent(), PATIENCE).toBeGreaterThan(48 * MB);
      await killServer();
      expect(await first.done).toBe(0);
      const { file, resumedAt } = await goOn(location, content);
      expect(resumedAt).toBeGreaterThanOrEqual(32 * MB);
      await expectWhole(file, content);
    },
  );

  test('at any moment around the end: each becomes one file, and nothing else is left', { timeout: SLOW }, async () => {
    const before = (await (await ask('/api/v1/files?limit=200')).json()) as { items: unknown[] };
    const files: string[] = [];
    for (let round = 0; round < 4; round++) {
      const content = randomBytes(4 * MB);
      const location = await begin(content.byteLength);
      const going = send(location, content, 0);
      await sleep(Math.random() * 60);
      await killServer();
      await going.done;
      const { file } = await goOn(location, content);
      files.push(file);
      await expectWhole(file, content);
    }
    const after = (await (await ask('/api/v1/files?limit=200')).json()) as { items: { id: string; bytes: number }[] };
    expect(after.items).toHaveLength(before.items.length + files.length);
    const usage = (await (await ask('/api/v1/files/usage')).json()) as { kept: number; reserved: number };
    expect(usage).toMatchObject({ kept: after.items.reduce((sum, { bytes }) => sum + bytes, 0), reserved: 0 });
    const verified = (await home.ask('files', 'verify')) as { checked: number; damages: unknown[] };
    expect(verified).toMatchObject({ checked: after.items.length, damages: [] });
    await home.ask('files', 'gc');
    const lying = await readdir(join(home.dataDir, 'files'), { recursive: true, withFileTypes: true });
    expect(lying.filter((entry) => entry.isFile())).toHaveLength(after.items.length);
  });

  test('the command line puts, lists and gets a file, and writes over none', { timeout: SLOW }, async () => {
    const out = join(home.dataDir, '..', 'copy.txt');
    const source = join(import.meta.dirname, 'role.ts');
    const put = (await home.ask('files', 'put', source, '--tenant', 'acme', '--type', 'text/plain')) as {
      id: string;
      sha256: string;
    };
    const { items } = (await home.ask('files', 'list', '--tenant', 'acme', '--limit', '1')) as {
      items: { id: string }[];
    };
    expect(items.map(({ id }) => id)).toEqual([put.id]);
    expect(await home.ask('files', 'get', put.id, '--tenant', 'acme', '--out', out)).toMatchObject({
      sha256: put.sha256,
      out,
    });
    const again = await home.podlift('files', 'get', put.id, '--tenant', 'acme', '--out', out);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('EEXIST')]);
    expect((await home.podlift('files', 'get', 'nothing', '--tenant', 'acme')).code).toBe(1);
  });
});
