import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/index.ts';

/** A real object store: OpenStack Swift, which checks signatures, with its S3 interface. */
export interface ObjectStore {
  readonly place: S3Place;
  /** As PODLIFT_FILES_URL. */
  readonly url: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends it as a power cut would; what it had acknowledged is there after `start`. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const PYTHON = '/usr/bin/python3';
const SWIFT = '/usr/lib/python3/dist-packages/swift/common/middleware/s3api';
const CREDENTIALS = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };
const BUCKET = 'podlift-files';

/** Why the object store cannot run here; `undefined` when it can. With CI set it must. */
export function objectStoreMissing(): string | undefined {
  if (existsSync(PYTHON) && existsSync(SWIFT)) return undefined;
  const reason = 'not tested: files in S3 (no python3-swift; on Debian `apt-get install python3-swift`)';
  if (process.env['CI']) throw new Error(`With CI set, nothing may be left out: ${reason}`);
  console.log(reason);
  return reason;
}

/** Starts an object store with an empty bucket, on a port and in a folder of its own. */
export async function startObjectStore(): Promise<ObjectStore> {
  const folder = await mkdtemp(join(tmpdir(), 'podlift-s3-'));
  const port = await freePort();
  let running: ChildProcess | undefined;
  const endpoint = `http://127.0.0.1:${port}`;
  const place: S3Place = {
    kind: 's3',
    bucket: BUCKET,
    prefix: 'tests/',
    region: 'eu-test-1',
    endpoint,
    pathStyle: true,
    credentials: CREDENTIALS,
  };

  const start = async (): Promise<void> => {
    const script = fileURLToPath(new URL('./object-store.py', import.meta.url));
    const child = spawn(PYTHON, [script, folder, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    let said = '';
    child.stderr.on('data', (chunk) => void (said += String(chunk)));
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`The object store ended: ${said}`);
      }),
    ]);
  };
  const kill = async (): Promise<void> => {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  await start();
  const client = new S3Client({ region: place.region, endpoint, forcePathStyle: true, credentials: CREDENTIALS });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  return {
    place,
    url: `s3://${BUCKET}/tests?endpoint=${endpoint}&region=${place.region}`,
    credentials: CREDENTIALS,
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('No port was given.');
  return address.port;
}
