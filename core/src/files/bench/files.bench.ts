/**
 * One file of 1 GB (10^9 bytes) through the whole product over HTTP: sent as a resumable upload, made a file with its
 * digest, and read back. Peer: copying the same bytes on the same disk and flushing them. Memory: how much more the server
 * holds at its peak than at rest; the goal is that it does not grow with the file.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHome } from '../../app/testing/home.ts';

const BYTES = Number(process.env['FILES_BENCH_BYTES'] ?? 1e9);
const CHUNK = 1024 * 1024;
const block = randomBytes(16 * CHUNK);

function* chunks(): Generator<Uint8Array> {
  for (let at = 0; at < BYTES; at += CHUNK) {
    const from = at % block.byteLength;
    yield block.subarray(from, from + Math.min(CHUNK, BYTES - at));
  }
}

const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
};
const rate = (s: number): string => `${Math.round(BYTES / 1e6 / s)} MB/s`;
const memory = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const folder = await mkdtemp(join(tmpdir(), 'podlift-bench-'));
const home = createHome({ PODLIFT_FILE_QUOTA: String(20e9), PODLIFT_LOG_LEVEL: 'warn' });
try {
  const expected = createHash('sha256');
  const source = join(folder, 'source');
  const written = await open(source, 'w');
  for (const chunk of chunks()) {
    expected.update(chunk);
    await written.write(chunk);
  }
  await written.sync();
  await written.close();
  const sha256 = expected.digest('hex');

  const copied = await seconds(async () => {
    const target = await open(join(folder, 'copy'), 'w');
    for await (const chunk of createReadStream(source, { highWaterMark: CHUNK })) await target.write(chunk as Buffer);
    await target.sync();
    await target.close();
  });
  const hashed = await seconds(async () => {
    const hash = createHash('sha256');
    for (const chunk of chunks()) hash.update(chunk);
    return hash.digest();
  });

  const product = await home.start(['start', '--empty']);
  await home.ask('tenant', 'create', 'acme');
  const { key } = (await home.ask('key', 'create', '--tenant', 'acme', '--name', 'bench')) as { key: string };
  const headers = { authorization: `Bearer ${key}` };
  const begun = await fetch(`${product.url}/api/v1/files/uploads`, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(BYTES) },
  });
  const location = `${product.url}${begun.headers.get('location')}`;
  const rest = memory(product.pid, 'VmRSS');
  const peakBefore = memory(product.pid, 'VmHWM');
  let file = '';
  const sent = await seconds(async () => {
    const call = request(location, {
      method: 'PATCH',
      headers: {
        ...headers,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': 0,
        'content-length': BYTES,
      },
    });
    const answered = once(call, 'response');
    for (const chunk of chunks()) if (!call.write(chunk)) await once(call, 'drain');
    call.end();
    const [response] = (await answered) as [IncomingMessage];
    response.resume();
    if (response.statusCode !== 204) throw new Error(`The upload was answered with ${response.statusCode}.`);
    file = String(response.headers['podlift-file']);
  });
  const peakSent = memory(product.pid, 'VmHWM');
  const received = await seconds(async () => {
    const call = request(`${product.url}/api/v1/files/${file}/content`, { headers });
    call.end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.byteLength;
    if (bytes !== BYTES) throw new Error(`${bytes} bytes came back.`);
  });
  const peakRead = memory(product.pid, 'VmHWM');
  const kept = (await (await fetch(`${product.url}/api/v1/files/${file}`, { headers })).json()) as { sha256: string };
  if (kept.sha256 !== sha256) throw new Error('The file is not what was sent.');

  const rows = [
    ['copy on the same disk, flushed (peer)', rate(copied), '1.0x', ''],
    ['SHA-256 alone', rate(hashed), `${(hashed / copied).toFixed(1)}x`, ''],
    ['upload, until it is a file', rate(sent), `${(sent / copied).toFixed(1)}x`, '<= 4x'],
    ['download, checked', rate(received), `${(received / copied).toFixed(1)}x`, '<= 4x'],
  ] as const;
  console.log(
    `${(BYTES / 1e9).toFixed(2)} GB`.padEnd(40),
    'rate'.padStart(12),
    'time to copy'.padStart(14),
    'goal'.padStart(8),
  );
  for (const [what, speed, ratio, goal] of rows)
    console.log(what.padEnd(40), speed.padStart(12), ratio.padStart(14), goal.padStart(8));
  const grown = (peak: number): string => `${Math.max(0, Math.round(peak - Math.max(rest, peakBefore)))} MB`;
  console.log(`server memory: ${Math.round(rest)} MB at rest, peak before ${Math.round(peakBefore)} MB`);
  console.log(
    `more at the peak of the upload: ${grown(peakSent)}, of the download: ${grown(peakRead)} (goal <= 64 MB)`,
  );
} finally {
  await home.remove();
  await rm(folder, { recursive: true, force: true });
}
