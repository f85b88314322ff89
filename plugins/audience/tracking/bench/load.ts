/**
 * A load generator on bare sockets, so that it takes little of the processor that the server needs. Each connection sends one request at a time.
 * Run as: load.ts <port> <path> <authorization> <connections> <seconds> <items per request>; prints one line of JSON.
 */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

const [port = '0', path = '/', authorization = '', connections = '1', seconds = '1', items = '1'] =
  process.argv.slice(2);
const PER = Number(items);
const DAY = 86_400_000;
const KINDS = ['Podcast Ad Impression', 'Product Viewed', 'Signed Up', 'Link Clicked'];
const people = Array.from({ length: 20_000 }, () => randomUUID());
const pick = (list: readonly string[]): string => list[Math.trunc(Math.random() * list.length)] ?? '';

/** Of the size that Segment's libraries send: about 330 bytes. The message id is filled in when it is sent. */
const item = (): string =>
  JSON.stringify({
    type: 'track',
    messageId: '00000000-0000-4000-8000-000000000000',
    anonymousId: pick(people),
    event: pick(KINDS),
    timestamp: new Date(Date.now() - Math.random() * 20 * DAY).toISOString(),
    properties: { label: 'hero' },
    context: {
      library: { name: 'analytics.js', version: '2.0.0' },
      page: { url: 'https://shop.example/products/7?utm_source=pod&utm_medium=audio' },
    },
  });
const templates = Array.from({ length: 2000 }, item);
const MARK = '00000000-0000-4000-8000-000000000000';

function request(): Buffer {
  const body = PER === 1 ? fill() : `{"batch":[${Array.from({ length: PER }, fill).join(',')}]}`;
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
const fill = (): string => pick(templates).replace(MARK, randomUUID());

const latencies: number[] = [];
let answered = 0;
let failed = 0;
let first = '';
const until = performance.now() + Number(seconds) * 1000;

function lane(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.setNoDelay(true);
    let started = 0;
    let text = '';
    const send = (): void => {
      if (performance.now() >= until) return void socket.end(resolve);
      const bytes = request();
      text = '';
      started = performance.now();
      socket.write(bytes);
    };
    socket.on('connect', send).on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < head + 4 + length) return;
      latencies.push(performance.now() - started);
      if (text.startsWith('HTTP/1.1 200')) answered++;
      else {
        failed++;
        first ||= text;
      }
      send();
    });
  });
}

const began = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, lane));
const wall = (performance.now() - began) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
console.log(
  JSON.stringify({
    items: answered * PER,
    perSecond: (answered * PER) / wall,
    p50: at(0.5),
    p99: at(0.99),
    failed,
    first: first.slice(0, 500),
  }),
);
