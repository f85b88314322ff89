import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';

/** A door before an object store that can be told to misbehave. */
export interface FaultyProxy {
  readonly endpoint: string;
  /** Answers so many of the next requests with 503 SlowDown. */
  slowDown(times: number): void;
  /** Breaks so many of the next answers off after so many bytes of their body. */
  cut(times: number, bytes: number): void;
  /** What came since the last time it was asked. */
  seen(): { readonly method: string; readonly url: string; readonly headers: OutgoingHttpHeaders }[];
  close(): Promise<void>;
}

const SLOW_DOWN =
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';

export async function openFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  let slow = 0;
  let cuts = { times: 0, bytes: 0 };
  let log: { method: string; url: string; headers: OutgoingHttpHeaders }[] = [];
  const server = createServer((near, answer) => {
    const { method = 'GET', url = '/', headers } = near;
    log.push({ method, url, headers });
    if (slow > 0) {
      slow--;
      near.resume();
      near.once('end', () => answer.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN));
      return;
    }
    const far = request({ hostname, port, method, path: url, headers }, (response: IncomingMessage) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      if (cuts.times === 0 || method !== 'GET') {
        response.pipe(answer);
        return;
      }
      cuts.times--;
      let left = cuts.bytes;
      response.on('data', (chunk: Buffer) => {
        if (left <= 0) return;
        answer.write(chunk.subarray(0, left));
        left -= chunk.byteLength;
        // What was written goes out first.
        if (left <= 0) setTimeout(() => answer.destroy(), 20);
      });
    });
    far.on('error', () => answer.destroy());
    near.pipe(far);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('No port was given.');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    slowDown: (times) => void (slow = times),
    cut: (times, bytes) => void (cuts = { times, bytes }),
    seen() {
      const all = log;
      log = [];
      return all;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
